import { type SQL, sql } from 'drizzle-orm'
import { DEVICE_TOKEN_SECONDS } from '../crypto/device-token.ts'
import { type Client, recordEvents } from '../db/audit-event.ts'
import type { Database } from '../db/client.ts'
import { type Before, deleteBefore } from '../db/delete-before.ts'
import { type Budget, MARGIN_SECONDS, reportOnce, secondsToWait, spend } from '../db/rate-limit.ts'

/**
 * After so many wrong passwords in a row none is right any more, until the account is recovered.
 *
 * @see https://pages.nist.gov/800-63-4/sp800-63b.html section 3.2.2
 */
export const MAX_CONSECUTIVE_FAILURES = 100

export type Credentials = {
  id: number
  /** `null`: nobody signs in to this account with a password. */
  passwordHash: string | null
  authVersion: number
  passwordVersion: number
  disabled: boolean
  consecutiveFailures: number
}

/** Whose password is tried: an identifier in lower case, or the id of somebody who is signed in. */
export type Whose = { identifier: string } | { userId: number }

export type PasswordAttempt = {
  whose: Whose
  account: Budget
  address: Budget
  /** A browser that signed in to the account of this user with the password of then, and the row of its own budget. */
  device: { userId: number; passwordVersion: number; key: string } | null
  now: Date
}

export type CountedAttempt =
  | { refused: 'account' | 'address'; secondsToWait: number | null }
  | {
      refused: null
      credentials: Credentials | null
      /** Whether it was counted for the device alone. */
      byDevice: boolean
      /** Let through since the last success, this one included. */
      attempts: number
    }

type AttemptRow = Omit<Credentials, 'id'> & {
  id: number | null
  byDevice: boolean
  attempts: number | null
  refused: 'account' | 'address' | null
  secondsToWait: number | null
}

/**
 * Counts an attempt at a password and finds the account, in one statement; a refusal is put on record in it.
 *
 * A device that is known to the account spends its own budget and no other, so that neither somebody who guesses
 * at the account nor somebody at the same address can shut its owner out. Everybody else spends the address's
 * budget and then, only if that let them through, the account's: one address can't drain those of others. An
 * account that does not exist has a budget like any other. A device that failed too often is known no more.
 */
export async function countPasswordAttempt(
  { db, client }: { db: Database; client: Client },
  { whose, account, address, device, now }: PasswordAttempt,
): Promise<CountedAttempt> {
  const deviceKey = device?.key ?? ''
  // As long as its cookie can count: the row also says how often in a row the device failed.
  const keepSeconds = sql`case when by_device then ${DEVICE_TOKEN_SECONDS}::integer
    else ${account.seconds + MARGIN_SECONDS}::integer end`
  const { rows } = await db.execute<AttemptRow>(sql`
    with account as (
      select id, password_hash, auth_version, password_version, disabled_at, consecutive_failures
      from users where ${isMeant(whose)}
    ), device as (
      select from account where id = ${device?.userId ?? 0} and password_version = ${device?.passwordVersion ?? 0}
        and not exists (
          select from rate_limits where key = ${deviceKey} and attempts >= ${MAX_CONSECUTIVE_FAILURES}
        )
    ), chosen as (
      select (select id from account) as user_id, by_device,
        case when by_device then ${deviceKey} else ${account.key} end as key
      from (select exists (select from device) as by_device) as known
    ), address as (
      ${spend({ ...address, key: sql`${address.key}`, from: sql`from chosen where not by_device`, now })}
    ), spent as (
      ${spend({ ...account, key: sql`key`, from: sql`from chosen where by_device or exists (select from address)`, keepSeconds, now })}
    ), refused as (
      select 'account' as budget, key, user_id, ${account.seconds}::integer as seconds from chosen
      where not exists (select from spent) and (by_device or exists (select from address))
      union all
      select 'address', ${address.key}, null, ${address.seconds}::integer from chosen
      where not by_device and not exists (select from address)
    ), reported as (
      ${reportOnce({ refused: sql`refused`, now })}
    ), recorded as (
      ${recordEvents({ client, now }, [
        {
          type: 'limited',
          from: sql`from reported`,
          userId: sql`user_id`,
          details: sql`jsonb_build_object('limit', 'sign_in_' || budget)`,
        },
      ])}
    )
    select account.id, account.password_hash as "passwordHash", account.auth_version as "authVersion",
      account.password_version as "passwordVersion",
      account.disabled_at is not null as disabled, account.consecutive_failures as "consecutiveFailures",
      chosen.by_device as "byDevice", (select attempts from spent) as attempts, refused.budget as refused,
      case refused.budget
        when 'account' then ${secondsToWait({ ...account, key: sql`refused.key`, now })}
        when 'address' then ${secondsToWait({ ...address, key: sql`refused.key`, now })}
      end as "secondsToWait"
    from chosen left join account on true left join refused on true`)
  return toCountedAttempt(rows[0])
}

/** Only a row that says the attempt was counted lets it go on: half an answer is a refusal of its own. */
function toCountedAttempt(row: AttemptRow | undefined): CountedAttempt {
  if (!row) throw new Error('An attempt was not counted')
  const { refused, byDevice, attempts, secondsToWait: seconds, id, ...credentials } = row
  if (refused) return { refused, secondsToWait: seconds }
  if (typeof attempts !== 'number') throw new Error('An attempt was not counted')
  return { refused: null, credentials: id === null ? null : { id, ...credentials }, byDevice, attempts }
}

/** An identifier is an address if it has an `@`, which no username has. */
function isMeant(whose: Whose): SQL {
  if ('userId' in whose) return sql`id = ${whose.userId}`
  const column = whose.identifier.includes('@') ? sql`email` : sql`username`
  return sql`lower(${column}) = ${whose.identifier}`
}

/**
 * Counts a wrong password for an account, for a CTE. A device's is counted with its budget already.
 *
 * @param userId 0: nobody's
 */
export function countFailure({ userId, byDevice }: { userId: number; byDevice: boolean }): SQL {
  return sql`
    update users set consecutive_failures = consecutive_failures + 1
    where id = ${userId} and not ${byDevice}::boolean
      and consecutive_failures < ${MAX_CONSECUTIVE_FAILURES}`
}

/** Gives a budget back, for a CTE: a row that is gone is a full one. */
export function giveBack(key: string, when: SQL): SQL {
  return sql`delete from rate_limits where key = ${key} and ${when}`
}

type FailedConfirmation = {
  userId: number
  /** The same, if the password was wrong; else 0. */
  wrongPasswordOf: number
  sessionId: string
  byDevice: boolean
  now: Date
}

/** Records that somebody who is signed in gave a wrong password for themselves. */
export async function recordFailedConfirmation(
  { db, client }: { db: Database; client: Client },
  { userId, wrongPasswordOf, sessionId, byDevice, now }: FailedConfirmation,
): Promise<void> {
  await db.execute(sql`
    with failed as (${countFailure({ userId: wrongPasswordOf, byDevice })})
    ${recordEvents({ client, now }, [
      {
        type: 'password_confirmation_failed',
        from: sql``,
        userId: sql`${userId}`,
        actorId: sql`${userId}`,
        sessionId: sql`${sessionId}`,
      },
    ])}`)
}

/** Deletes budgets that say nothing any more. */
export function deleteExpiredBudgets(db: Database, range: Before): Promise<number> {
  return deleteBefore(db, { table: sql`rate_limits`, age: sql`expires_at`, ...range })
}

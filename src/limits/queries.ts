import { type SQL, sql } from 'drizzle-orm'
import type { Limit } from '../config/rules.ts'
import type { Database } from '../db/client.ts'
import type { Client } from '../net/client-address.ts'
import { recordEvents } from '../sql/events.ts'
import {
  type Budget,
  MARGIN_SECONDS,
  reportOnce,
  secondsToWait,
  spend,
  spendInTurn,
  unspend,
} from '../sql/limits.ts'
import { time } from '../sql/time.ts'

/**
 * After so many wrong passwords in a row none is right any more, until the account is recovered.
 *
 * @see https://pages.nist.gov/800-63-4/sp800-63b.html section 3.2.2
 */
export const MAX_CONSECUTIVE_FAILURES = 100

/**
 * One wrong password is forgiven every so many seconds after the last: all hundred in thirty days. A hundred mistypings
 * over years lock nobody, and who goes on guessing has three and a third a day.
 */
const FORGIVEN_EVERY_SECONDS = (30 * 86_400) / MAX_CONSECUTIVE_FAILURES

/**
 * The wrong passwords that count against an account now.
 *
 * @param users what the row of the user is called there
 */
export function failuresOf(users: SQL, now: Date): SQL {
  return sql`greatest(0, ${users}.consecutive_failures - coalesce(floor(
    greatest(0, extract(epoch from ${time(now)} - ${users}.last_failed_at)) / ${FORGIVEN_EVERY_SECONDS}::integer
  ), 0)::integer)`
}

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
  /** Of the client's network and of those around it. */
  addresses: readonly [Budget, ...Budget[]]
  /**
   * The account of this user, where the attempt comes from a place of its own, and the row of that place's budget, which
   * is kept for so long after its last use. A browser is known while the password is the one it signed in with.
   */
  known: { userId: number; passwordVersion: number | null; key: string; keepSeconds: number } | null
  now: Date
}

export type CountedAttempt =
  | { refused: 'account' | 'address'; secondsToWait: number | null }
  | {
      refused: null
      credentials: Credentials | null
      /** Whether it was counted for the known device or session alone. */
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
 * A device or session that is known to the account spends its own budget and no other, so that neither somebody who
 * guesses at the account nor somebody at the same address can shut its owner out. Everybody else spends the address's
 * budgets and then, only if those let them through, the account's: one address can't drain those of others. An
 * account that does not exist has a budget like any other. A device that failed too often is known no more.
 */
export async function countPasswordAttempt(
  { db, client }: { db: Database; client: Client },
  { whose, account, addresses, known, now }: PasswordAttempt,
): Promise<CountedAttempt> {
  const knownKey = known?.key ?? ''
  // As long as the place can count: the row also says how often in a row it failed.
  const keepSeconds = sql`case when by_device then ${known?.keepSeconds ?? 0}::integer
    else ${account.seconds + MARGIN_SECONDS}::integer end`
  const passing = spendInTurn(addresses, { name: 'address', from: sql`from chosen where not by_device`, now })
  const { rows } = await db.execute<AttemptRow>(sql`
    with account as (
      select id, password_hash, auth_version, password_version, disabled_at,
        ${failuresOf(sql`users`, now)} as consecutive_failures
      from users where ${isMeant(whose)}
    ), known as (
      select from account where id = ${known?.userId ?? 0}
        and password_version = coalesce(${known?.passwordVersion ?? null}::integer, password_version)
        and not exists (
          select from rate_limits where key = ${knownKey} and attempts >= ${MAX_CONSECUTIVE_FAILURES}
        )
    ), chosen as (
      select (select id from account) as user_id, by_device,
        case when by_device then ${knownKey} else ${account.key} end as key
      from (select exists (select from known) as by_device) as places
    ), ${passing.ctes}, spent as (
      ${spend({ ...account, key: sql`key`, from: sql`from chosen where by_device or ${passing.passed}`, keepSeconds, now })}
    ), refused as (
      select 'account' as budget, key, user_id, ${account.seconds}::integer as seconds,
        ${secondsToWait({ ...account, key: sql`chosen.key`, now })} as wait
      from chosen where not exists (select from spent) and (by_device or ${passing.passed})
      union all
      select 'address', key, null, seconds, wait from (${passing.refusal}) as refusal
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
      refused.wait as "secondsToWait"
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
 * Counts a wrong password for an account, for a CTE. One from a known place is counted with its budget already.
 *
 * @param userId 0: nobody's
 */
export function countFailure({
  userId,
  byDevice,
  now,
}: {
  userId: number
  byDevice: boolean
  now: Date
}): SQL {
  const failures = failuresOf(sql`users`, now)
  return sql`
    update users set consecutive_failures = ${failures} + 1, last_failed_at = ${time(now)}
    where id = ${userId} and not ${byDevice}::boolean and ${failures} < ${MAX_CONSECUTIVE_FAILURES}`
}

/** Gives back an attempt that found no turn: it was counted, and nobody looked at its password. */
export async function returnAttempt(db: Database, budget: Budget): Promise<void> {
  await db.execute(unspend(budget))
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
    with failed as (${countFailure({ userId: wrongPasswordOf, byDevice, now })})
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

/** Puts on record that an address was refused before it came to a statement of its own; once in the time of the limit. */
export async function reportRefusal(
  { db, client }: { db: Database; client: Client },
  { budget: { key, seconds }, limit, now }: { budget: Budget; limit: Pick<Limit, 'name'>; now: Date },
): Promise<void> {
  await db.execute(sql`
    with refused as (select ${key}::text as key, ${seconds}::integer as seconds), reported as (
      ${reportOnce({ refused: sql`refused`, now })}
    )
    ${recordEvents({ client, now }, [
      {
        type: 'limited',
        from: sql`from reported`,
        details: sql`jsonb_build_object('limit', ${limit.name}::text)`,
      },
    ])}`)
}

/** Failed sign-ins over all accounts, at most as many as are counted. */
export type Guessing = { failed: number; accounts: number; networks: number }

/** A look reads no more events than this, which is an alarm whatever the threshold. */
const MAX_COUNTED = 100_000

/**
 * Counts failed sign-ins and puts it on record if they are at least as many as the threshold, once in the time that is
 * looked at.
 *
 * @returns `null` where they are fewer, or it is on record
 */
export async function recordGuessing(
  db: Database,
  { since, now, threshold }: { since: Date; now: Date; threshold: number },
): Promise<Guessing | null> {
  const nobody = { address: null, network: '', widerNetworks: [], site: '', userAgent: null }
  const { rows } = await db.execute<Guessing>(sql`
    with counted as (
      select count(*)::integer as failed, count(distinct user_id)::integer as accounts,
        count(distinct ip_address)::integer as networks
      from (
        select user_id, ip_address from audit_events
        where type = 'sign_in_failed' and occurred_at >= ${time(since)} order by occurred_at desc limit ${MAX_COUNTED}
      ) as failures
    ), alarm as (
      select * from counted where failed >= ${threshold} and not exists (
        select from audit_events where type = 'guessing_suspected' and occurred_at > ${time(since)}
      )
    ), recorded as (
      ${recordEvents({ client: nobody, now }, [
        { type: 'guessing_suspected', from: sql`from alarm`, details: sql`to_jsonb(alarm)` },
      ])}
    )
    select * from alarm`)
  const [row] = rows
  if (row && typeof row.failed !== 'number') throw new Error('Guesses were not counted')
  return row ?? null
}

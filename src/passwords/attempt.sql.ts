import type { SQL } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import { run } from '../db/run.ts'
import { rateLimits } from '../limits/schema.ts'
import type { Client } from '../net/client-address.ts'
import { recordEvents } from '../sql/events.ts'
import {
  type Bucket,
  MARGIN_SECONDS,
  reportOnce,
  secondsToWait,
  spend,
  spendInTurn,
  takeBack,
} from '../sql/limits.ts'
import { failuresOf, MAX_CONSECUTIVE_FAILURES } from '../sql/lockout.ts'
import { columnsOf, type Parts, type Row, statement } from '../sql/parts.ts'
import { sql } from '../sql/template.ts'
import { users } from '../users/schema.ts'

export type Credentials = {
  id: number
  /** `null`: the account has no password. */
  passwordHash: string | null
  authVersion: number
  passwordVersion: number
  isDisabled: boolean
  /** Consecutive failures that are not forgiven yet. */
  failures: number
}

/**
 * The account of an attempt: by an identifier in lower case, or by the id of a signed-in user.
 * `hasUsernames`: whether an identifier can be a username.
 */
export type Whose = { identifier: string; hasUsernames: boolean } | { userId: number }

export type CountedAttempt =
  | { refused: 'account' | 'address'; secondsToWait: number | null }
  | {
      refused: null
      credentials: Credentials | null
      /** Whether the attempt was counted in the bucket of the known device or session, and in no other. */
      byDevice: boolean
      /** Attempts allowed by that bucket since the last success, this one included. */
      attempts: number
    }

/**
 * The bucket of a known device or session. It is used only for this account, and while the password has this
 * version.
 */
export type KnownBucket = {
  userId: number
  /** `null`: any version. */
  passwordVersion: number | null
  key: string
  /** How long the row is kept after its last use: it also counts consecutive failures. */
  keepSeconds: number
}

/** The buckets that can count an attempt at a password. */
export type PasswordBuckets = {
  account: Bucket
  addresses: readonly [Bucket, ...Bucket[]]
  known: KnownBucket | null
}

type Counting = PasswordBuckets & { whose: Whose; now: Date }

const u = columnsOf(users, 'u')
const r = columnsOf(rateLimits, 'r')
/** The columns of the part `account`, which also has `failures`. */
const account = columnsOf(users, 'account')

/**
 * Counts an attempt at a password and finds the account, in one statement, which also records a refusal.
 *
 * A device or session that the account knows spends from its own bucket and no other: neither somebody who
 * guesses at the account nor somebody at the same address can shut its owner out. Everybody else spends from
 * the buckets of their address and then, if these allow it, from the account's: one address alone can't empty
 * it. An account that does not exist has a bucket too. A device that failed too often is no longer known.
 *
 * @returns the refusal; or the account, `null` if there is none, and how the attempt was counted
 */
export async function countPasswordAttempt(
  { db, client }: { db: Database; client: Client },
  counting: Counting,
): Promise<CountedAttempt> {
  const { addresses, now } = counting
  const address = spendInTurn(addresses, { name: 'address', from: sql`from chosen where not by_device`, now })
  const isPaid = sql`(by_device or ${address.passed})`
  const counted = statement(
    {
      ...chooseBucket(counting),
      ...address.parts,
      spent: spendChosen(counting, isPaid),
      refused: sql`${refusedByChosen(counting, isPaid)}
        union all select 'address', key, null, seconds, wait from (${address.refusal}) as refusal`,
      reported: reportOnce({ refused: sql`refused`, now }),
      recorded: recordEvents({ client, now }, [
        {
          type: 'limited',
          from: sql`from reported`,
          userId: sql`user_id`,
          details: sql`jsonb_build_object('limit', 'sign_in_' || bucket)`,
        },
      ]),
    },
    {
      fields: ATTEMPT,
      from: sql`from chosen left join account on true left join refused on true`,
    },
  )
  const [row] = await run(db, counted)
  return toCountedAttempt(row)
}

const ATTEMPT = {
  id: sql<number | null>`${account.id}`,
  passwordHash: account.passwordHash,
  authVersion: account.authVersion,
  passwordVersion: account.passwordVersion,
  isDisabled: sql<boolean>`${account.disabledAt} is not null`,
  failures: sql<number>`account.failures`,
  byDevice: sql<boolean>`chosen.by_device`,
  attempts: sql<number | null>`(select attempts from spent)`,
  refused: sql<'account' | 'address' | null>`refused.bucket`,
  secondsToWait: sql<number | null>`refused.wait`,
}

/**
 * The parts `account`, with the column `failures`; `known`, a row if the account knows the device or session;
 * and `chosen`, one row with `user_id`, `by_device` (whether the device's or session's bucket is spent from,
 * else the account's) and the `key` of that bucket.
 */
function chooseBucket({ whose, account: own, known, now }: Counting): Parts {
  const deviceKey = known?.key ?? ''
  return {
    account: sql`select u.*, ${failuresOf(u, now)} as failures from ${users} u where ${isOf(whose)}`,
    known: sql`
      select from account where ${account.id} = ${known?.userId ?? 0}
        and ${account.passwordVersion} = coalesce(${versionOf(known)}::integer, ${account.passwordVersion})
        and not exists (
          select from ${rateLimits} r
          where ${r.key} = ${deviceKey} and ${r.attempts} >= ${MAX_CONSECUTIVE_FAILURES}
        )`,
    chosen: sql`
      select (select ${account.id} from account) as user_id, by_device,
        case when by_device then ${deviceKey} else ${own.key} end as key
      from (select exists (select from known) as by_device) as places`,
  }
}

function versionOf(known: KnownBucket | null): number | null {
  return known?.passwordVersion ?? null
}

/**
 * The part `spent`: an attempt from the device's bucket, or from the account's if the address's buckets
 * allowed it. Needs the part `chosen`.
 */
function spendChosen({ account: { key: _, ...rate }, known, now }: Counting, isPaid: SQL): SQL {
  const keepSeconds = sql`case when by_device then ${known?.keepSeconds ?? 0}::integer
    else ${rate.seconds + MARGIN_SECONDS}::integer end`
  return spend({ ...rate, key: sql`key`, from: sql`from chosen where ${isPaid}`, keepSeconds, now })
}

/** The row of the part `refused` if the chosen bucket refuses. Needs the parts `chosen` and `spent`. */
function refusedByChosen({ account: { key: _, ...rate }, now }: Counting, isPaid: SQL): SQL {
  return sql`
    select 'account' as bucket, key, user_id, ${rate.seconds}::integer as seconds,
      ${secondsToWait({ ...rate, key: sql`chosen.key`, now })} as wait
    from chosen where not exists (select from spent) and ${isPaid}`
}

/** Fails closed: without a row that says the attempt was counted, no password is checked. */
function toCountedAttempt(row: Row<typeof ATTEMPT> | undefined): CountedAttempt {
  if (!row) throw new Error('An attempt was not counted')
  const { refused, byDevice, attempts, secondsToWait: wait, id, ...credentials } = row
  if (refused) return { refused, secondsToWait: wait }
  if (typeof attempts !== 'number') throw new Error('An attempt was not counted')
  return { refused: null, credentials: id === null ? null : { id, ...credentials }, byDevice, attempts }
}

/**
 * A condition on the user's row `u`. An identifier with an `@`, which no username has, is an email address.
 */
function isOf(whose: Whose): SQL {
  if ('userId' in whose) return sql`${u.id} = ${whose.userId}`
  const isEmail = whose.identifier.includes('@') || !whose.hasUsernames
  const column = isEmail ? u.email : u.username
  return sql`lower(${column}) = ${whose.identifier}`
}

/** Takes back an attempt that was counted but whose password was not checked, for lack of a turn. */
export async function returnAttempt(db: Database, bucket: Bucket): Promise<void> {
  const fields = { isReturned: sql<boolean>`true` }
  await run(db, statement({ returned: takeBack(bucket) }, { fields, from: sql`` }))
}

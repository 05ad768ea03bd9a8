import type { SQL } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import { run, send } from '../db/run.ts'
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
import { columnsOf, type Parts, statement } from '../sql/parts.ts'
import { sql } from '../sql/template.ts'
import { users } from '../users/schema.ts'

export type Credentials = {
  id: number
  /** `null`: nobody signs in to this account with a password. */
  passwordHash: string | null
  authVersion: number
  passwordVersion: number
  isDisabled: boolean
  /** Those that count now. */
  failures: number
}

/** Whose password is tried: an identifier in lower case, or the id of somebody who is signed in. */
export type Whose = { identifier: string } | { userId: number }

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

/**
 * The bucket of a known device or session, which counts for this account and while the password is this
 * version.
 */
export type KnownBucket = {
  userId: number
  /** `null`: whatever the version. */
  passwordVersion: number | null
  key: string
  /** How long the row is kept after its last use: it also says how often in a row the place failed. */
  keepSeconds: number
}

/** What an attempt at a password is counted for. */
export type PasswordBuckets = {
  account: Bucket
  addresses: readonly [Bucket, ...Bucket[]]
  known: KnownBucket | null
}

type Counting = PasswordBuckets & { whose: Whose; now: Date }

const u = columnsOf(users, 'u')
const r = columnsOf(rateLimits, 'r')
/** The account that is meant, if it exists; `failures` are those that count now. */
const account = columnsOf(users, 'account')

/**
 * Counts an attempt at a password and finds the account, in one statement; a refusal is recorded in it.
 *
 * A device or session that is known to the account spends its own bucket and no other, so that neither
 * somebody who guesses at the account nor somebody at the same address can shut its owner out. Everybody else
 * spends the address's buckets and then, only if those let them through, the account's: one address can't
 * drain those of others. An account that does not exist has a bucket like any other. A device that failed too
 * often is known no more.
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
      ...findPlace(counting),
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
 * The parts `account`, `known` (a row if the device or session is known to the account) and `chosen` (one
 * row: whose bucket is spent, and whether it is the device's).
 */
function findPlace({ whose, account: own, known, now }: Counting): Parts {
  const deviceKey = known?.key ?? ''
  return {
    account: sql`select u.*, ${failuresOf(u, now)} as failures from ${users} u where ${isMeant(whose)}`,
    known: sql`
      select from account where ${account.id} = ${known?.userId ?? 0}
        and ${account.passwordVersion} = coalesce(${versionOf(known)}::integer, ${account.passwordVersion})
        and not exists (
          select from ${rateLimits} r where ${r.key} = ${deviceKey} and ${r.attempts} >= ${MAX_CONSECUTIVE_FAILURES}
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
 * The part `spent`, beside `chosen`: the device's bucket, or the account's if the addresses' let the attempt
 * through.
 */
function spendChosen({ account: { key: _, ...rate }, known, now }: Counting, isPaid: SQL): SQL {
  const keepSeconds = sql`case when by_device then ${known?.keepSeconds ?? 0}::integer
    else ${rate.seconds + MARGIN_SECONDS}::integer end`
  return spend({ ...rate, key: sql`key`, from: sql`from chosen where ${isPaid}`, keepSeconds, now })
}

/** The rows of `refused` by the bucket that was chosen: which one, its key, whose, and how long to wait. */
function refusedByChosen({ account: { key: _, ...rate }, now }: Counting, isPaid: SQL): SQL {
  return sql`
    select 'account' as bucket, key, user_id, ${rate.seconds}::integer as seconds,
      ${secondsToWait({ ...rate, key: sql`chosen.key`, now })} as wait
    from chosen where not exists (select from spent) and ${isPaid}`
}

type AttemptRow = Omit<Credentials, 'id'> & {
  id: number | null
  byDevice: boolean
  attempts: number | null
  refused: 'account' | 'address' | null
  secondsToWait: number | null
}

/** Only a row that says the attempt was counted lets it go on: half an answer is a refusal of its own. */
function toCountedAttempt(row: AttemptRow | undefined): CountedAttempt {
  if (!row) throw new Error('An attempt was not counted')
  const { refused, byDevice, attempts, secondsToWait: wait, id, ...credentials } = row
  if (refused) return { refused, secondsToWait: wait }
  if (typeof attempts !== 'number') throw new Error('An attempt was not counted')
  return { refused: null, credentials: id === null ? null : { id, ...credentials }, byDevice, attempts }
}

/** An identifier is an address if it has an `@`, which no username has. */
function isMeant(whose: Whose): SQL {
  if ('userId' in whose) return sql`${u.id} = ${whose.userId}`
  const column = whose.identifier.includes('@') ? u.email : u.username
  return sql`lower(${column}) = ${whose.identifier}`
}

/** Gives back an attempt that found no turn: it was counted, and nobody looked at its password. */
export async function returnAttempt(db: Database, bucket: Bucket): Promise<void> {
  await send(db, takeBack(bucket))
}

import type { Column, SQL } from 'drizzle-orm'
import { users } from '../users/schema.ts'
import type { MailSource } from './mails.ts'
import { assignments, columnsOf } from './parts.ts'
import { sql } from './template.ts'
import { time } from './time.ts'

/**
 * Consecutive failures that lock an account.
 *
 * @see https://pages.nist.gov/800-63-4/sp800-63b.html section 3.2.2
 */
export const MAX_CONSECUTIVE_FAILURES = 100

/**
 * After this time without a failure, one is forgiven, and so on: all hundred in thirty days. A hundred typos
 * over years lock no account, and guessing is limited to three and a third passwords a day.
 */
const FORGIVEN_EVERY_SECONDS = (30 * 86_400) / MAX_CONSECUTIVE_FAILURES

const u = columnsOf(users, 'u')

/** A constraint of the table keeps users from having this id. */
const NOBODY = 0

/** The columns that count failures, under the statement's alias of the user's row. */
type Failures = Record<'consecutiveFailures' | 'lastFailedAt', SQL | Column>

/** An expression: the failures that are not forgiven yet. */
export function failuresOf(user: Failures, now: Date): SQL<number> {
  return sql`greatest(0, ${user.consecutiveFailures} - coalesce(floor(
    greatest(0, extract(epoch from ${time(now)} - ${user.lastFailedAt})) / ${FORGIVEN_EVERY_SECONDS}::integer
  ), 0)::integer)`
}

/** A condition: the account is not locked. */
export function isUnlocked(user: Failures, now: Date): SQL<boolean> {
  return sql`${failuresOf(user, now)} < ${MAX_CONSECUTIVE_FAILURES}`
}

/** Assignments that forget all failures. */
export const NO_FAILURES = { consecutiveFailures: sql`0` }

/**
 * The part `failed`, which counts a failure for an account. Failures of known devices and sessions are
 * counted in their own buckets.
 *
 * @param userId `null`: no account
 */
export function countFailure({
  userId,
  byDevice,
  now,
}: {
  userId: number | null
  byDevice: boolean
  now: Date
}): SQL {
  const failures = failuresOf(u, now)
  const counted = { consecutiveFailures: sql`${failures} + 1`, lastFailedAt: time(now) }
  return sql`
    update ${users} u set ${assignments(users, counted)}
    where ${u.id} = ${userId ?? NOBODY} and not ${byDevice}::boolean and ${isUnlocked(u, now)}
    returning u.*`
}

const failed = columnsOf(users, 'failed')

/** The notice to the owner if the failure counted by the part `failed` locked the account. */
export const LOCKED: MailSource = {
  message: 'account_locked',
  from: sql`from failed where ${failed.consecutiveFailures} >= ${MAX_CONSECUTIVE_FAILURES}`,
  user: failed,
}

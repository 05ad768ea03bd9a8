import type { Column, SQL } from 'drizzle-orm'
import { users } from '../users/schema.ts'
import { assignments, columnsOf } from './parts.ts'
import { sql } from './template.ts'
import { time } from './time.ts'

/**
 * Consecutive failures after which an account is locked, until it is recovered.
 *
 * @see https://pages.nist.gov/800-63-4/sp800-63b.html section 3.2.2
 */
export const MAX_CONSECUTIVE_FAILURES = 100

/**
 * One failure is forgiven every so many seconds after the last: all hundred in thirty days. A hundred
 * mistypings over years lock nobody, and who goes on guessing has three and a third a day.
 */
const FORGIVEN_EVERY_SECONDS = (30 * 86_400) / MAX_CONSECUTIVE_FAILURES

const u = columnsOf(users, 'u')

/** No user has this id: a constraint sees to it. */
const NOBODY = 0

/** The columns that count failures, of whatever a statement calls the user's row. */
type Failures = Record<'consecutiveFailures' | 'lastFailedAt', SQL | Column>

/** The failures that count against an account now. */
export function failuresOf(user: Failures, now: Date): SQL<number> {
  return sql`greatest(0, ${user.consecutiveFailures} - coalesce(floor(
    greatest(0, extract(epoch from ${time(now)} - ${user.lastFailedAt})) / ${FORGIVEN_EVERY_SECONDS}::integer
  ), 0)::integer)`
}

/** Whether an account is not locked, as a condition. */
export function isUnlocked(user: Failures, now: Date): SQL<boolean> {
  return sql`${failuresOf(user, now)} < ${MAX_CONSECUTIVE_FAILURES}`
}

/** Forgets all failures, for `set`. */
export const NO_FAILURES = { consecutiveFailures: 0 }

/**
 * Counts a failure for an account. One from a known device or session is counted in its bucket already.
 *
 * @param userId `null`: nobody's
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
    where ${u.id} = ${userId ?? NOBODY} and not ${byDevice}::boolean and ${isUnlocked(u, now)}`
}

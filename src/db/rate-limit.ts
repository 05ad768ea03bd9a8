import { type SQL, sql } from 'drizzle-orm'
import { time } from './time.ts'

/** A burst of `count` attempts that is refilled evenly over `seconds`, and in which row it is kept. */
export type Budget = { key: string; count: number; seconds: number }

type Spending = Omit<Budget, 'key'> & {
  /** A parameter, or a column of `from`. */
  key: SQL
  /** `from …`, for whom there is something to spend. */
  from: SQL
  now: Date
}

/**
 * Spends one attempt of a budget, for a CTE: it has one row if the attempt is let through and none if not.
 *
 * This is the generic cell rate algorithm: with T = seconds / count, an attempt at `now` is let through if the
 * theoretical arrival time is at most `now + (count - 1) × T`, and moves that to `max(it, now) + T`. As one
 * upsert it holds for any number of isolates: those that race wait for the row and judge what they find then.
 *
 * @see https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm
 */
export function spend({ key, from, now, ...budget }: Spending): SQL {
  const interval = intervalOf(budget)
  return sql`
    insert into rate_limits as r (key, theoretical_arrival_at, attempts)
    select ${key}, ${time(now)} + ${interval}, 1 ${from}
    on conflict (key) do update set
      theoretical_arrival_at = greatest(r.theoretical_arrival_at, ${time(now)}) + ${interval},
      attempts = r.attempts + 1
    where r.theoretical_arrival_at <= ${time(now)} + ${toleranceOf(budget)}
    returning r.attempts`
}

/**
 * How many seconds until a refused attempt would be let through, as an expression: `null` or at most 0 where
 * the row was filled by others while the statement ran, and is not seen by it.
 */
export function secondsToWait({ key, now, ...budget }: Omit<Spending, 'from'>): SQL {
  return sql`(
    select extract(epoch from r.theoretical_arrival_at - ${toleranceOf(budget)} - ${time(now)})::double precision
    from rate_limits r where r.key = ${key})`
}

/**
 * Marks a refusal as put on record, for a CTE that has a row only if none was in the last `seconds`: a flood of
 * refusals is one event, and writes once.
 *
 * @param refused a CTE with the column `key`
 */
export function reportOnce({ refused, now, seconds }: { refused: SQL; now: Date; seconds: number }): SQL {
  return sql`
    update rate_limits r set reported_at = ${time(now)} from ${refused}
    where r.key = ${refused}.key
      and (r.reported_at is null or r.reported_at <= ${time(now)} - make_interval(secs => ${seconds}))
    returning ${refused}.*`
}

function intervalOf({ count, seconds }: Omit<Budget, 'key'>): SQL {
  return sql`make_interval(secs => ${seconds / count})`
}

function toleranceOf({ count, seconds }: Omit<Budget, 'key'>): SQL {
  return sql`make_interval(secs => ${seconds - seconds / count})`
}

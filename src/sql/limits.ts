import { type SQL, sql } from 'drizzle-orm'
import { time } from './time.ts'

/** Isolates' clocks differ by less: none sees a budget as used that another deletes as full. */
export const MARGIN_SECONDS = 3600

/** A burst of `count` attempts that is refilled evenly over `seconds`, and in which row it is kept. */
export type Budget = { key: string; count: number; seconds: number }

type Spending = Omit<Budget, 'key'> & {
  /** A parameter, or a column of `from`. */
  key: SQL
  /** `from …`, for whom there is something to spend. */
  from: SQL
  /** How long the row is kept when nobody uses it; an hour after it is full by default. */
  keepSeconds?: SQL
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
export function spend({ key, from, now, keepSeconds, ...budget }: Spending): SQL {
  const interval = intervalOf(budget)
  const kept = sql`make_interval(secs => ${keepSeconds ?? budget.seconds + MARGIN_SECONDS})`
  return sql`
    insert into rate_limits as r (key, theoretical_arrival_at, attempts, expires_at)
    select ${key}, ${time(now)} + ${interval}, 1, ${time(now)} + ${kept} ${from}
    on conflict (key) do update set
      theoretical_arrival_at = greatest(r.theoretical_arrival_at, ${time(now)}) + ${interval},
      attempts = r.attempts + 1, expires_at = excluded.expires_at
    where r.theoretical_arrival_at <= ${time(now)} + ${toleranceOf(budget)}
    returning r.attempts`
}

/**
 * Spends of several budgets in a row, for a list of CTEs: each is asked only if the one before let the attempt through,
 * so that who is refused by a narrow budget takes nothing from those who share the wide one.
 *
 * @param options.name what the CTEs are called, with a number behind
 * @param options.from `from …`, for whom there is something to spend
 * @returns the CTEs; whether all let it through; and the refusing budget as a query with `key`, `seconds` (the time of
 *   the limit) and `wait`, of one row or none
 */
export function spendInTurn(
  budgets: readonly Budget[],
  { name, from, now }: { name: string; from: SQL; now: Date },
): { ctes: SQL; passed: SQL; refusal: SQL } {
  const names = budgets.map((_, index) => sql.identifier(`${name}_${index}`))
  const sources = [from, ...names.map((each) => sql`from ${each}`)]
  const each = budgets.map((budget, index) => {
    const source = sources[index] ?? from
    const key = sql`${budget.key}`
    return {
      cte: sql`${names[index]} as (${spend({ ...budget, key, from: source, now })})`,
      refusal: sql`select ${key}::text as key, ${budget.seconds}::integer as seconds,
        ${secondsToWait({ ...budget, key, now })} as wait
        from (select count(*) as n ${source}) as asked where n > 0 and not exists (select from ${names[index]})`,
    }
  })
  return {
    ctes: sql.join(
      each.map(({ cte }) => cte),
      sql`, `,
    ),
    passed: sql`exists (select ${sources.at(-1)})`,
    refusal: sql.join(
      each.map(({ refusal }) => refusal),
      sql` union all `,
    ),
  }
}

/**
 * Gives back what one attempt spent, for a CTE. Not the whole budget: who guesses at an account would see by it that its
 * owner came.
 *
 * @param when a condition
 * @param options.forgets whether the attempts of the row are no failures any more
 */
export function giveBack(
  { key, ...budget }: Budget,
  when: SQL,
  { forgets }: { forgets: boolean } = { forgets: false },
): SQL {
  return sql`
    update rate_limits set theoretical_arrival_at = theoretical_arrival_at - ${intervalOf(budget)},
      attempts = case when ${forgets}::boolean then 0 else attempts end
    where key = ${key} and ${when}`
}

/** Takes an attempt back as if it had never been. */
export function unspend({ key, ...budget }: Budget): SQL {
  return sql`
    update rate_limits set theoretical_arrival_at = theoretical_arrival_at - ${intervalOf(budget)},
      attempts = greatest(0, attempts - 1)
    where key = ${key}`
}

/**
 * How many seconds until a refused attempt would be let through, as an expression: `null` or at most 0 where
 * the row was filled by others while the statement ran, and is not seen by it.
 */
export function secondsToWait({ key, now, ...budget }: Omit<Spending, 'from' | 'keepSeconds'>): SQL {
  return sql`(
    select extract(epoch from r.theoretical_arrival_at - ${toleranceOf(budget)} - ${time(now)})::double precision
    from rate_limits r where r.key = ${key})`
}

/**
 * Marks a refusal as put on record, for a CTE that has a row only if none was in the time of the limit: a flood of
 * refusals is one event. All but the first leave a lock on the row behind and nothing else.
 *
 * @param refused a CTE with the columns `key` and `seconds`, the time of the limit
 */
export function reportOnce({ refused, now }: { refused: SQL; now: Date }): SQL {
  return sql`
    update rate_limits r set reported_at = ${time(now)} from ${refused}
    where r.key = ${refused}.key
      and (r.reported_at is null or r.reported_at <= ${time(now)} - make_interval(secs => ${refused}.seconds))
    returning ${refused}.*`
}

function intervalOf({ count, seconds }: Omit<Budget, 'key'>): SQL {
  return sql`make_interval(secs => ${seconds / count})`
}

function toleranceOf({ count, seconds }: Omit<Budget, 'key'>): SQL {
  return sql`make_interval(secs => ${seconds - seconds / count})`
}

import type { SQL } from 'drizzle-orm'
import { rateLimits } from '../limits/schema.ts'
import { assignments, bare, columnsOf, insertInto, type Parts } from './parts.ts'
import { identifier, join, sql } from './template.ts'
import { time } from './time.ts'

/** Isolates' clocks differ by less: none sees a bucket as used that another one deletes as full. */
export const MARGIN_SECONDS = 3600

/** A bucket of `count` attempts that refills evenly over `seconds`, and the key of its row. */
export type Bucket = { key: string; count: number; seconds: number }

type Rate = Omit<Bucket, 'key'>

type Spending = Rate & {
  /** A parameter, or a column of `from`. */
  key: SQL
  /** `from …`: an attempt is spent if it has a row. */
  from: SQL
  /** How long the row is kept after its last use. Default: an hour after it is full. */
  keepSeconds?: SQL
  now: Date
}

const r = columnsOf(rateLimits, 'r')

/**
 * Spends one attempt of a bucket; a part that has one row if the attempt is let through and none if not.
 *
 * This is the generic cell rate algorithm: with T = seconds / count, an attempt at `now` is let through if
 * the theoretical arrival time is at most `now + (count - 1) × T`, and moves that to `max(it, now) + T`. As
 * one upsert it holds for any number of isolates: those that race wait for the row's lock and decide by what
 * they find then.
 *
 * @see https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm
 */
export function spend({ key, from, now, keepSeconds, ...rate }: Spending): SQL {
  const interval = intervalOf(rate)
  const values = {
    key,
    theoreticalArrivalAt: sql`${time(now)} + ${interval}`,
    attempts: 1,
    expiresAt: sql`${time(now)} + make_interval(secs => ${keepSeconds ?? rate.seconds + MARGIN_SECONDS})`,
  }
  const spent = {
    theoreticalArrivalAt: sql`greatest(${r.theoreticalArrivalAt}, ${time(now)}) + ${interval}`,
    attempts: sql`${r.attempts} + 1`,
    expiresAt: sql`excluded.${bare(rateLimits.expiresAt)}`,
  }
  return sql`
    ${insertInto(rateLimits, values, { from, alias: 'r' })}
    on conflict (${bare(rateLimits.key)}) do update set ${assignments(rateLimits, spent)}
    where ${r.theoreticalArrivalAt} <= ${time(now)} + ${toleranceOf(rate)}
    returning ${r.attempts}`
}

/**
 * Spends of several buckets in a row: each is asked only if the one before let the attempt through, so that
 * who is refused by a narrow bucket takes nothing from those who share the wide one.
 *
 * @param options.name the parts are called so, with a number behind
 * @param options.from `from …`: an attempt is spent if it has a row
 * @returns the parts; `passed`, whether all let it through; and `refusal`, the refusing bucket as a query
 *   with `key`, `seconds` (of the limit) and `wait`, of one row or none
 */
export function spendInTurn(
  buckets: readonly Bucket[],
  { name, from, now }: { name: string; from: SQL; now: Date },
): { parts: Parts; passed: SQL; refusal: SQL } {
  const names = buckets.map((_, index) => `${name}_${index}`)
  const sources = [from, ...names.map((each) => sql`from ${identifier(each)}`)]
  const sourceOf = (index: number) => sources[index] ?? from
  const parts = buckets.map((bucket, index) => [
    names[index],
    spend({ ...bucket, key: sql`${bucket.key}`, from: sourceOf(index), now }),
  ])
  const refusals = buckets.map(
    ({ key, ...rate }, index) => sql`
      select ${key}::text as key, ${rate.seconds}::integer as seconds,
        ${secondsToWait({ ...rate, key: sql`${key}`, now })} as wait
      from (select count(*) as n ${sourceOf(index)}) as asked
      where n > 0 and not exists (select ${sourceOf(index + 1)})`,
  )
  return {
    parts: Object.fromEntries(parts) as Parts,
    passed: sql`exists (select ${sourceOf(buckets.length)})`,
    refusal: join(refusals, ' union all '),
  }
}

/**
 * Gives back what one attempt spent. Not the whole bucket: who guesses at an account would see by it that its
 * owner came.
 *
 * @param when a condition
 * @param options.forgets whether the attempts of the row are failures no more
 */
export function giveBack(
  { key, ...rate }: Bucket,
  when: SQL,
  { forgets }: { forgets: boolean } = { forgets: false },
): SQL {
  const given = {
    theoreticalArrivalAt: sql`${r.theoreticalArrivalAt} - ${intervalOf(rate)}`,
    attempts: sql`case when ${forgets}::boolean then 0 else ${r.attempts} end`,
  }
  return sql`
    update ${rateLimits} r set ${assignments(rateLimits, given)} where ${r.key} = ${key} and ${when}`
}

/** Takes an attempt back as if it had never been. */
export function takeBack({ key, ...rate }: Bucket): SQL {
  const before = {
    theoreticalArrivalAt: sql`${r.theoreticalArrivalAt} - ${intervalOf(rate)}`,
    attempts: sql`greatest(0, ${r.attempts} - 1)`,
  }
  return sql`update ${rateLimits} r set ${assignments(rateLimits, before)} where ${r.key} = ${key}`
}

/**
 * How many seconds until a refused attempt would be let through, as an expression: `null` or at most 0 if
 * others filled the row while the statement ran, which it does not see.
 */
export function secondsToWait({ key, now, ...rate }: Rate & { key: SQL; now: Date }): SQL<number | null> {
  return sql`(
    select extract(epoch from ${r.theoreticalArrivalAt} - ${toleranceOf(rate)} - ${time(now)})::double precision
    from ${rateLimits} r where ${r.key} = ${key})`
}

/**
 * Marks a refusal as recorded; a part that has a row only if none was recorded within the time of the limit,
 * so that a flood of refusals is one event. All but the first leave a lock on the row behind and nothing
 * else.
 *
 * @param refused a part with the columns `key` and `seconds`, the time of the limit; the row has all of its
 *   columns
 */
export function reportOnce({ refused, now }: { refused: SQL; now: Date }): SQL {
  return sql`
    update ${rateLimits} r set ${assignments(rateLimits, { reportedAt: time(now) })} from ${refused}
    where ${r.key} = ${refused}.key
      and (${r.reportedAt} is null or ${r.reportedAt} <= ${time(now)} - make_interval(secs => ${refused}.seconds))
    returning ${refused}.*`
}

function intervalOf({ count, seconds }: Rate): SQL {
  return sql`make_interval(secs => ${seconds / count})`
}

function toleranceOf({ count, seconds }: Rate): SQL {
  return sql`make_interval(secs => ${seconds - seconds / count})`
}

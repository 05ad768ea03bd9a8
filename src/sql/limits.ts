import type { SQL } from 'drizzle-orm'
import { rateLimits } from '../limits/schema.ts'
import { assignments, bare, columnsOf, insertInto, type Parts } from './parts.ts'
import { identifier, join, sql } from './template.ts'
import { time } from './time.ts'

/** More than the clocks of isolates differ: none deletes a bucket as full that another still counts. */
export const MARGIN_SECONDS = 3600

/** A bucket of `count` attempts, which refills evenly over `seconds`, and the key of its row. */
export type Bucket = { key: string; count: number; seconds: number }

type Rate = Omit<Bucket, 'key'>

type Spending = Rate & {
  /** A parameter, or a column of `from`. */
  key: SQL
  /** `from …`: one attempt is spent if it has a row. */
  from: SQL
  /** How long the row is kept after its last use. Default: until an hour after the bucket is full. */
  keepSeconds?: SQL
  now: Date
}

const r = columnsOf(rateLimits, 'r')

/**
 * Spends one attempt from a bucket. A part that has one row if the attempt is allowed, and none if not.
 *
 * This is the generic cell rate algorithm: with T = seconds / count, an attempt at `now` is allowed if the
 * theoretical arrival time is at most `now + (count - 1) × T`, and moves that time to `max(it, now) + T`. It
 * is one upsert, so it is right for any number of isolates: a statement that loses the race waits for the
 * lock of the row, then decides by the row's new version.
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
 * Spends one attempt from each of several buckets, in turn, until one refuses: an attempt that a narrow
 * bucket refuses spends nothing from the wider one, which others share.
 *
 * @param options.name the name of the parts, to which a number is appended
 * @param options.from `from …`: the attempts are spent if it has a row
 * @returns `parts`; `passed`, the condition that all buckets allowed the attempt; and `refusal`, a query for
 *   the bucket that refused, with the columns `key`, `seconds` (of the limit) and `wait`, of one row or none
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
 * Gives back one attempt. Refilling the whole bucket would show somebody who guesses at an account that its
 * owner has signed in.
 *
 * @param when a condition
 * @param options.forgets whether to reset the count of attempts, which for a known device are its failures
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

/** Undoes the counting of an attempt. */
export function takeBack({ key, ...rate }: Bucket): SQL {
  const before = {
    theoreticalArrivalAt: sql`${r.theoreticalArrivalAt} - ${intervalOf(rate)}`,
    attempts: sql`greatest(0, ${r.attempts} - 1)`,
  }
  return sql`update ${rateLimits} r set ${assignments(rateLimits, before)} where ${r.key} = ${key}`
}

/**
 * An expression: in how many seconds a refused attempt would be allowed. It is `null` or at most 0 if other
 * statements spent the attempts while this one waited for the row, whose old version it reads here.
 */
export function secondsToWait({ key, now, ...rate }: Rate & { key: SQL; now: Date }): SQL<number | null> {
  const wait = sql`${r.theoreticalArrivalAt} - ${toleranceOf(rate)} - ${time(now)}`
  return sql`(
    select extract(epoch from ${wait})::double precision from ${rateLimits} r where ${r.key} = ${key})`
}

/**
 * Marks a refusal as recorded. A part that has a row unless a refusal of the bucket was recorded within the
 * time of the limit, so that a flood of refusals is one event. The others write nothing: `spend` has only
 * locked the row.
 *
 * @param refused a part with the columns `key` and `seconds`, the time of the limit; the row has all of its
 *   columns
 */
export function reportOnce({ refused, now }: { refused: SQL; now: Date }): SQL {
  return sql`
    update ${rateLimits} r set ${assignments(rateLimits, { reportedAt: time(now) })} from ${refused}
    where ${r.key} = ${refused}.key
      and (
        ${r.reportedAt} is null
        or ${r.reportedAt} <= ${time(now)} - make_interval(secs => ${refused}.seconds)
      )
    returning ${refused}.*`
}

function intervalOf({ count, seconds }: Rate): SQL {
  return sql`make_interval(secs => ${seconds / count})`
}

function toleranceOf({ count, seconds }: Rate): SQL {
  return sql`make_interval(secs => ${seconds - seconds / count})`
}

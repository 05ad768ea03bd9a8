import { type SQL, sql } from 'drizzle-orm'
import type { Client } from '../net/client-address.ts'
import { type EventSource, recordEvents } from './events.ts'
import { spend } from './limits.ts'
import { time } from './time.ts'

/** An event that is recorded at most once in so many seconds, whatever happens in them, and the row that knows. */
export type OnceBudget = { key: string; seconds: number }

/**
 * The CTEs `noted` and `recorded`, which put an event on record unless it was in the seconds before. Of parallel
 * statements one records it; all later ones find the row and write nothing, so that a flood costs one read each.
 *
 * @param event.from `from …`, one row if there is something to record, without a `where`
 */
export function recordOnce(
  { client, now }: { client: Client; now: Date },
  { budget: { key, seconds }, from, ...event }: EventSource & { budget: OnceBudget },
): SQL {
  const unnoted = sql`${from} where not exists (
    select from rate_limits earlier where earlier.key = ${key} and earlier.theoretical_arrival_at > ${time(now)}
  )`
  return sql`noted as (
      ${spend({ key: sql`${key}`, count: 1, seconds, from: unnoted, now })}
    ), recorded as (
      ${recordEvents({ client, now }, [{ ...event, from: sql`${from}, noted` }])}
    )`
}

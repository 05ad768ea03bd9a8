import { rateLimits } from '../limits/schema.ts'
import type { Client } from '../net/client-address.ts'
import { type EventSource, recordEvents } from './events.ts'
import { spend } from './limits.ts'
import { columnsOf, type Parts } from './parts.ts'
import { sql } from './template.ts'
import { time } from './time.ts'

/** An event is recorded at most once in so many seconds; the row of this key knows when that was. */
export type OnceBucket = { key: string; seconds: number }

const earlier = columnsOf(rateLimits, 'earlier')

/**
 * The parts `noted` and `recorded`, which record an event unless it was recorded in the seconds before. Of
 * parallel statements one records it; all later ones find the row and write nothing, so that a flood costs
 * one read each.
 *
 * @param event.from `from …`, one row if there is something to record, without a `where`
 */
export function recordOnce(
  { client, now }: { client: Client; now: Date },
  { bucket: { key, seconds }, from, ...event }: EventSource & { bucket: OnceBucket },
): Parts {
  const unnoted = sql`${from} where not exists (
    select from ${rateLimits} earlier where ${earlier.key} = ${key} and ${earlier.theoreticalArrivalAt} > ${time(now)}
  )`
  return {
    noted: spend({ key: sql`${key}`, count: 1, seconds, from: unnoted, now }),
    recorded: recordEvents({ client, now }, [{ ...event, from: sql`${from}, noted` }]),
  }
}

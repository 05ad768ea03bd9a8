import type { Placeholder, SQL } from 'drizzle-orm'
import { sql } from './template.ts'

/** A time, or the placeholder of one. */
export type Moment = Date | Placeholder

/** A time of the clock as a parameter. SQL's `now()` is never used, because tests can't set it. */
export function time(moment: Moment): SQL {
  return sql`${moment instanceof Date ? moment.toISOString() : moment}::timestamptz`
}

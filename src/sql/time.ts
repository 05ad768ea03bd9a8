import type { SQL } from 'drizzle-orm'
import { sql } from './template.ts'

/** A time of the clock as a parameter. SQL's `now()` is never used, because tests can't set it. */
export function time(moment: Date): SQL {
  return sql`${moment.toISOString()}::timestamptz`
}

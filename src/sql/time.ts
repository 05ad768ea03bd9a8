import type { SQL } from 'drizzle-orm'
import { sql } from './template.ts'

/** A moment as a parameter of a statement; never SQL's now(), which tests can't move. */
export function time(moment: Date): SQL {
  return sql`${moment.toISOString()}::timestamptz`
}

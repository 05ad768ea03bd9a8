import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'

/** Which rows of a table the schedule deletes. */
export type PurgeRule = {
  table: PgTable
  /** The column with the time. It needs an index. */
  age: PgColumn
  /** The days that a row is kept after that time: a number, or the name of a variable. */
  keepDays: number | Uppercase<string>
}

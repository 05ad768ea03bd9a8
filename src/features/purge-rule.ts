import type { PgColumn, PgTable } from 'drizzle-orm/pg-core'

/** Which rows of a table the schedule deletes. */
export type PurgeRule = {
  table: PgTable
  /** The time that rows are judged by. It needs an index. */
  age: PgColumn
  /** How many days a row outlives that time: a number, or the variable that holds it. */
  keepDays: number | Uppercase<string>
}

import type { Bench } from './database.ts'
import type { Entry, Setting } from './measure.ts'
import type { Results } from './report.ts'
import type { Operation } from './subjects.ts'

/** What a run compares, and how it reports the results. */
export type Comparison = {
  /** The operations that can be selected. */
  operations: readonly Operation[]
  /** The operations that are measured if none is selected. */
  defaultOperations: readonly Operation[]
  settings: readonly Setting[]
  /** Creates and fills the databases. Members of a group are measured one right after the other. */
  makeGroups(bench: Bench): Promise<Entry[][]>
  /** @returns the table that is printed, and the files that are written, by their names */
  report(results: Results): { table: string; files: Record<string, string> }
}

export const THOUSAND = 1000
export const MILLION = 1_000_000

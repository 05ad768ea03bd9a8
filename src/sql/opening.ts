import type { SQL } from 'drizzle-orm'
import { users } from '../users/schema.ts'
import type { EventSource } from './events.ts'
import { columnsOf, type Parts } from './parts.ts'
import { sql } from './template.ts'

/** How somebody proved who they are, by the names of RFC 8176. */
export type Method = 'pwd'

/**
 * What every way of signing in ends in, and what alone opens a session: who it is, by which methods, and the
 * version of the account that was checked. A session opens only if that is still the version then.
 */
export type Proof = { userId: number; authVersion: number; methods: readonly Method[] }

/**
 * The columns of the part `account`: the user whom a sign-in proved, as they are after it. No row if it
 * failed.
 */
export const account = columnsOf(users, 'account')

/** Whether a sign-in succeeds, as a condition of any part beside `account`. */
export const isProven = sql<boolean>`exists (select from account)`

/** What a way of signing in writes in the one statement that opens a session or records the failure. */
export type SignInEffects = {
  /** A further condition of the row of `users`, under which the proof holds. */
  condition: SQL
  /** What is set of the user's row, beside what every sign-in sets. */
  assigned: Partial<Record<keyof typeof users.$inferInsert, SQL>>
  /** Further parts, which may refer to `account`. */
  parts: Parts
  events: readonly EventSource[]
}

import type { SQL } from 'drizzle-orm'
import { users } from '../users/schema.ts'
import type { EventSource } from './events.ts'
import type { MailSource } from './mails.ts'
import { columnsOf, type Parts } from './parts.ts'
import { sql } from './template.ts'

/** The methods of authentication, by their names in RFC 8176. */
export type Method = 'pwd'

/**
 * The result of proving who somebody is: the user, the methods, and the version of the account that was
 * checked. Every way of signing in ends in a proof, and only a proof opens a session, if the account still
 * has that version.
 */
export type Proof = { userId: number; authVersion: number; methods: readonly Method[] }

/** The columns of the part `account`: the user's row after a successful sign-in; no row if it failed. */
export const account = columnsOf(users, 'account')

/** A condition: the sign-in succeeds. Needs the part `account`. */
export const isProven = sql<boolean>`exists (select from account)`

/**
 * A condition: the proof holds, also where the address has to be verified before a session opens. Needs the
 * part `account`, and with `needsVerified` the part `unverified`.
 */
export function isRight({ needsVerified }: { needsVerified: boolean }): SQL<boolean> {
  if (!needsVerified) return isProven
  return sql`exists (select from account union all select from unverified)`
}

/** A method's additions to the statement that opens a session or records the failure. */
export type SignInEffects = {
  /** A further condition on the row of `users`, without which the sign-in fails. */
  condition: SQL
  /** Assignments to the user's row, in addition to those of every sign-in. */
  assigned: Partial<Record<keyof typeof users.$inferInsert, SQL>>
  /** Further parts; they may read `account`. */
  parts: Parts
  /** Events about the account, by itself in the new session. */
  events: readonly Pick<EventSource, 'type' | 'from'>[]
  /** Mails to the owner. */
  mails: readonly MailSource[]
}

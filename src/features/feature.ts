import type { PgTable } from 'drizzle-orm/pg-core'
import type * as z from 'zod/mini'
import type { Challenge } from './bearer-challenge.ts'
import type { PurgeRule } from './purge-rule.ts'

/** One variable of the configuration. */
export type Variable = {
  /** Parses the string; its error does not quote it. */
  rule: z.ZodMiniType<unknown, string>
  /** In Markdown, as is `reason`: both are in the README's table. */
  unit: string
  /** The purpose of the variable, and the cost of changing it. */
  reason: string
  /** Whether it must be kept secret. */
  secret?: true
} & (
  | { default: string }
  | { required: true }
  /** Optional, without a default of its own. In Markdown: the value that is used instead. */
  | { otherwise: string }
)

/** The meaning of an error code over HTTP. */
export type Problem = {
  status: 400 | 401 | 403 | 404 | 405 | 408 | 409 | 413 | 415 | 422 | 429 | 431 | 500 | 503
  title: string
  /** The cause, and what to do: on the page of the code, and as `detail` if the error has none of its own. */
  advice: string
  headers?: Readonly<Record<string, string>>
  /** The reason that the header `WWW-Authenticate` gives. */
  challenge?: Challenge
}

/** A type of security event. */
export type EventKind = {
  meaning: string
  /** Whether operators can do it too, from the command line: an event without an actor is then theirs. */
  byOperators?: true
}

/**
 * The contribution of one folder to the whole. It is plain data: code that needs `Deps` is a verb or a route.
 */
export type Feature = {
  variables?: Readonly<Record<Uppercase<string>, Variable>>
  /** By error code. */
  errors?: Readonly<Record<string, Problem>>
  /** By event type. */
  events?: Readonly<Record<string, EventKind>>
  /** The acts that each permission allows, by permission. */
  permissions?: Readonly<Record<string, string>>
  /** Tables, by their name in TypeScript. */
  tables?: Readonly<Record<string, PgTable>>
  /** By the name of the field that has the number of deleted rows in the log. */
  purges?: Readonly<Record<string, PurgeRule>>
}

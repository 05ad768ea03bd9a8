import type { PgTable } from 'drizzle-orm/pg-core'
import type * as z from 'zod/mini'
import type { PurgeRule } from './purge-rule.ts'

/** One variable of the configuration. */
export type Variable = {
  /** Reads the string, or says what is wrong with it without quoting it. */
  rule: z.ZodMiniType<unknown, string>
  /** In Markdown, as `reason`: both stand in the README's table. */
  unit: string
  /** The purpose of the variable, and the cost of changing it. */
  reason: string
  /** Whether it must be kept secret. */
  secret?: true
} & (
  | { default: string }
  | { required: true }
  /** Optional without a default of its own; says, in Markdown, what holds instead. */
  | { otherwise: string }
)

/** The meaning of an error code over HTTP. */
export type Problem = {
  status: 400 | 401 | 403 | 404 | 405 | 408 | 409 | 413 | 415 | 422 | 429 | 431 | 500 | 503
  title: string
  /**
   * Says what happened and what to do: on the code's page, and as `detail` if the error has none of its own.
   */
  advice: string
  headers?: Readonly<Record<string, string>>
}

/** A type of security event. */
export type EventKind = {
  meaning: string
  /**
   * Whether operators do it too, from the command line: without an actor, the event is then not the owner's
   * own.
   */
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
  /** By permission: what it lets somebody do. */
  permissions?: Readonly<Record<string, string>>
  /** Of PostgreSQL, by the name that they have in TypeScript. */
  tables?: Readonly<Record<string, PgTable>>
  /** By the name that the log counts the deleted rows under. */
  purges?: Readonly<Record<string, PurgeRule>>
}

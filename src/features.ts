import { access } from './access/feature.ts'
import { addresses } from './addresses/feature.ts'
import { administration } from './administration/feature.ts'
import { audit } from './audit/feature.ts'
import { database } from './db/feature.ts'
import type { EventKind, Problem } from './features/feature.ts'
import { mergeFeatures, type NamesOf } from './features/merge.ts'
import { http } from './http/feature.ts'
import { limits } from './limits/feature.ts'
import { mail } from './mail/feature.ts'
import { node } from './node/feature.ts'
import { oneTimeTokens } from './one-time-tokens/feature.ts'
import { outbox } from './outbox/feature.ts'
import { passwords } from './passwords/feature.ts'
import { roles } from './roles/feature.ts'
import { sessions } from './sessions/feature.ts'
import { users } from './users/feature.ts'

// A new slice touches two files outside its folder: this list, and `app.ts`, which mounts its routes. Routes
// are not in this list because their code uses the types below: TypeScript can't infer a type from a value
// whose own parts are written in terms of that type.

/** In the order of the README's table. */
const FEATURES = [
  database,
  http,
  access,
  users,
  sessions,
  passwords,
  addresses,
  oneTimeTokens,
  mail,
  outbox,
  limits,
  administration,
  roles,
  audit,
  node,
] as const

type Declaring = (typeof FEATURES)[number]

export type VariableName = NamesOf<Declaring, 'variables'>
/** Each keeps the type of its own rule, from which `Config` is inferred. */
export const VARIABLES = mergeFeatures(FEATURES, 'variables')

export type ErrorCode = NamesOf<Declaring, 'errors'>
/**
 * The meaning of each error code over HTTP. Codes are stable: clients branch on them; titles and advice may
 * change.
 */
export const ERRORS: Readonly<Record<ErrorCode, Problem>> = mergeFeatures(FEATURES, 'errors')

export type EventType = NamesOf<Declaring, 'events'>
/** Every type of security event. */
export const EVENTS: Readonly<Record<EventType, EventKind>> = mergeFeatures(FEATURES, 'events')

export type Permission = NamesOf<Declaring, 'permissions'>
/**
 * Every permission, and what it lets somebody do. A new one comes with a migration that gives it to `admin`.
 */
export const PERMISSIONS: Readonly<Record<Permission, string>> = mergeFeatures(FEATURES, 'permissions')

/** All tables. */
export const TABLES = mergeFeatures(FEATURES, 'tables')

/** The rows that the schedule deletes, and when. */
export const PURGES = mergeFeatures(FEATURES, 'purges')

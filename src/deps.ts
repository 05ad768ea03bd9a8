import type { Config } from './config/parse-config.ts'
import type { DerivedKeys } from './crypto/derived-key.ts'
import type { KeyRing } from './crypto/jwt.ts'
import type { PasswordHasher } from './crypto/password.ts'
import type { Connect, Database } from './db/client.ts'
import type { Client } from './net/client-address.ts'

/** The wall clock. A parameter everywhere, so that every expiry has a test just before it and at it. */
export type Clock = () => Date

export type Random = {
  /** Bytes of the platform's cryptographic generator. */
  bytes(length: number): Uint8Array<ArrayBuffer>
  /** A random UUID (RFC 9562 version 4); an identifier, never a secret. */
  uuid(): string
}

/** Fetches a static file by the path of a request: Workers assets there, a folder under Node. */
export type Assets = (request: Request) => Promise<Response>

/**
 * The address a request came from, by what the platform itself knows; `null` if it doesn't.
 *
 * @param bindings what the platform passes along with a request
 */
export type ClientAddress = (request: Request, bindings: unknown) => string | null

/** Whether a request reached the platform over plain http, as far as the platform knows. */
export type IsPlainHttp = (request: Request) => boolean

/** Writes one line of JSON. */
export type Log = (entry: { event: string } & Record<string, unknown>) => void

/** Bounds work that is too costly to be done as often as it is asked for. */
export type Admission = {
  /**
   * Refuses what would be refused anyway, before it has cost anything.
   *
   * @throws AppError `overloaded`
   */
  assertRoom(network: string): void
  /**
   * Runs the work when its turn comes.
   *
   * @param network whom it is done for: turns go round the networks, so that who floods waits behind themselves
   * @throws AppError `overloaded`, with the seconds until it is worth trying again; the work was not begun then
   */
  run<T>(network: string, work: () => Promise<T>): Promise<T>
}

/** Cloudflare's Rate Limiting binding, and what does the same elsewhere. */
export type FloodLimiter = {
  limit(options: { key: string }): Promise<{ success: boolean; retryAfterSeconds?: number }>
}

/** Limits of the database of which every process keeps a copy. */
export type LocalLimitName = 'limitRegisterAddress' | 'limitSignInAddress'

/** What a probe found. */
export type Probed = {
  /** From this instance to the database and back, to a tenth. */
  milliseconds: number
  /** After how long the database ends a statement by itself; 0: never; `null` where it did not answer. */
  statementTimeoutMilliseconds: number | null
  failure?: unknown
}

export type Probe = (db: Database) => Promise<Probed>

/** What one running instance (an isolate, a process) needs; built once by `makeDeps`. */
export type AppDeps = {
  config: Config
  connect: Connect
  clock: Clock
  /** Milliseconds that only grow, for durations. On Workers they stand still during CPU work. */
  stopwatch: () => number
  random: Random
  passwords: PasswordHasher
  /** Bounds how many hashes are made at once, and who waits for whom. */
  admission: Admission
  /** Folded; read on first use. Rejects where that fails. */
  commonPasswords: () => Promise<ReadonlySet<string>>
  keyRing: KeyRing
  refreshKeys: DerivedKeys
  deviceKeys: DerivedKeys
  /** For the names of budgets. */
  limitKeys: DerivedKeys
  /** The first line against floods; `null`: none. */
  floodLimiter: FloodLimiter | null
  /** Counted by this process alone. `reports`: how often a refusal is put on record. */
  localLimits: Record<LocalLimitName | 'limitRefreshSession' | 'reports', FloodLimiter>
  /** Asks the database whether it works. */
  probe: Probe
  clientAddress: ClientAddress
  isPlainHttp: IsPlainHttp
  assets: Assets
  /** Asks other servers. */
  fetch: typeof fetch
  log: Log
}

/**
 * What one request hands to its verbs: the same, with a database handle that counts its round trips, and where
 * the request comes from.
 */
export type Deps = Omit<AppDeps, 'connect'> & { db: Database; client: Client }

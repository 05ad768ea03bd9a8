import type { Config } from './config/parse-config.ts'
import type { DerivedKeys } from './crypto/derived-key.ts'
import type { KeyRing } from './crypto/jwt.ts'
import type { PasswordHasher } from './crypto/password.ts'
import type { Connect, Database } from './db/client.ts'
import type { Client } from './net/client-address.ts'

/** The wall clock. It is always a parameter, so that tests can stand just before an expiry and at it. */
export type Clock = () => Date

export type Random = {
  /** From the platform's cryptographic generator. */
  bytes(length: number): Uint8Array<ArrayBuffer>
  /** A random UUID (RFC 9562 version 4); an identifier, never a secret. */
  uuid(): string
}

/** Fetches a static file by the path of a request: from Workers assets, or from a folder under Node. */
export type Assets = (request: Request) => Promise<Response>

/**
 * The client's address, as the platform knows it; `null` if it doesn't.
 *
 * @param bindings what the platform passes along with a request
 */
export type ClientAddress = (request: Request, bindings: unknown) => string | null

/** Whether the platform received a request over plain http, as far as it knows. */
export type IsPlainHttp = (request: Request) => boolean

/** Writes one line of JSON. */
export type Log = (entry: { event: string } & Record<string, unknown>) => void

/** Bounds work that is too costly to be done as often as clients ask for it. */
export type Admission = {
  /**
   * Refuses a request early that `run` would refuse, before it has cost anything.
   *
   * @throws AppError `overloaded`
   */
  assertRoom(network: string): void
  /**
   * Runs the work in its turn.
   *
   * @param network the client's: turns rotate by network, so that a flood waits for itself
   * @throws AppError `overloaded`, with the seconds until another try makes sense; the work has not begun
   */
  run<T>(network: string, work: () => Promise<T>): Promise<T>
}

/** Cloudflare's Rate Limiting binding, or its replacement elsewhere. */
export type FloodLimiter = {
  limit(options: { key: string }): Promise<{ success: boolean; retryAfterSeconds?: number }>
}

/** Limits of the database that each process counts for itself too; the names are those of `Config`. */
export type LocalLimitName = 'limitRegisterAddress' | 'limitSignInAddress'

/** The result of a probe. */
export type Probed = {
  /** From this instance to the database and back, to a tenth. */
  milliseconds: number
  /** After how long the database ends a statement by itself; 0: never; `null`: it did not answer. */
  statementTimeoutMilliseconds: number | null
  failure?: unknown
}

export type Probe = (db: Database) => Promise<Probed>

/** The needs of one isolate or process; `makeDeps` builds them once. */
export type AppDeps = {
  config: Config
  connect: Connect
  clock: Clock
  /** Milliseconds that only grow, for durations. On Workers they stand still during CPU work. */
  stopwatch: () => number
  random: Random
  passwords: PasswordHasher
  /** Bounds how many hashes run at once, and decides whose turn is next. */
  admission: Admission
  /** Folded, see `fold`. Read on first use; rejects if that fails. */
  commonPasswords: () => Promise<ReadonlySet<string>>
  keyRing: KeyRing
  refreshKeys: DerivedKeys
  deviceKeys: DerivedKeys
  /** For the keys of buckets. */
  limitKeys: DerivedKeys
  /** The first defence against floods; `null`: none. */
  floodLimiter: FloodLimiter | null
  /** Counted by this process alone. `reports` limits how often a refusal is recorded. */
  localLimits: Record<LocalLimitName | 'limitRefreshSession' | 'reports', FloodLimiter>
  /** Asks the database whether it works. */
  probe: Probe
  clientAddress: ClientAddress
  isPlainHttp: IsPlainHttp
  assets: Assets
  /** To ask other servers. */
  fetch: typeof fetch
  log: Log
}

/**
 * The deps of one request, which it passes to its verbs: those of the instance, with a database that counts
 * the request's round trips, and the client.
 */
export type Deps = Omit<AppDeps, 'connect'> & { db: Database; client: Client }

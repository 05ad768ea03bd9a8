import type { Config } from './config.ts'
import { type DerivedKeys, deriveKeys } from './crypto/derived-key.ts'
import { createKeyRing, type KeyRing } from './crypto/jwt.ts'
import { createPasswordHasher, type PasswordHasher, type Pause } from './crypto/password.ts'
import type { Client } from './db/audit-event.ts'
import { type Connect, type Database, type DatabaseFetch, prepareDatabase } from './db/client.ts'
import { commonPasswordsFrom } from './passwords/common-passwords.ts'

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

/** Cloudflare's Rate Limiting binding, and whatever does the same elsewhere. */
export type FloodLimiter = { limit(options: { key: string }): Promise<{ success: boolean }> }

/** Writes one line of JSON. */
export type Log = (entry: { event: string } & Record<string, unknown>) => void

/** What one running instance (an isolate, a process) needs; built once by `makeDeps`. */
export type AppDeps = {
  config: Config
  connect: Connect
  clock: Clock
  /** Milliseconds that only grow, for durations. On Workers they stand still during CPU work. */
  stopwatch: () => number
  random: Random
  passwords: PasswordHasher
  /** Folded; read on first use. Rejects where that fails. */
  commonPasswords: () => Promise<ReadonlySet<string>>
  keyRing: KeyRing
  refreshKeys: DerivedKeys
  deviceKeys: DerivedKeys
  /** For the names of budgets. */
  limitKeys: DerivedKeys
  /** The first line against floods; `null` where none is bound. */
  floodLimiter: FloodLimiter | null
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

/** Milliseconds that only grow, for durations. */
export const stopwatch = () => performance.now()

/** Real time, real randomness, the configured database: the one place where they enter. */
export function makeDeps(
  config: Config,
  {
    betweenHashCalls,
    databaseFetch,
    ...platform
  }: Pick<AppDeps, 'assets' | 'clientAddress' | 'floodLimiter' | 'isPlainHttp'> & {
    /** Where hashing holds up the thread that serves requests; elsewhere it would only take time. */
    betweenHashCalls?: Pause
    /** Where the platform has something leaner than its `fetch`. */
    databaseFetch?: DatabaseFetch
  },
): AppDeps {
  const random: Random = {
    bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
    uuid: () => crypto.randomUUID(),
  }
  return {
    config,
    connect: prepareDatabase(
      { url: config.databaseUrl, endpoint: config.databaseEndpoint },
      stopwatch,
      databaseFetch,
    ),
    clock: () => new Date(),
    stopwatch,
    random,
    passwords: createPasswordHasher(config.passwordWork, random.bytes, betweenHashCalls),
    keyRing: createKeyRing(config.signingKeys),
    refreshKeys: deriveKeys(config.authSecrets, 'refresh-token'),
    deviceKeys: deriveKeys(config.authSecrets, 'device-token'),
    limitKeys: deriveKeys(config.authSecrets, 'rate-limit'),
    commonPasswords: commonPasswordsFrom({ assets: platform.assets, publicUrl: config.publicUrl }),
    // Called as a method of another object, the one of Workers throws "Illegal invocation".
    fetch: (...args) => fetch(...args),
    ...platform,
    // Both runtimes collect what the console is given; one line is one entry.
    // biome-ignore lint/suspicious/noConsole: this is the sink of the log
    log: (entry) => console.log(JSON.stringify(entry)),
  }
}

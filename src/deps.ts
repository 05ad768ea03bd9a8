import type { Config } from './config.ts'
import { type DerivedKeys, deriveKeys } from './crypto/derived-key.ts'
import { createKeyRing, type KeyRing } from './crypto/jwt.ts'
import { createPasswordHasher, type Derive, type PasswordHasher } from './crypto/password.ts'
import type { Client } from './db/audit-event.ts'
import { type Connect, type Database, type DatabaseFetch, prepareDatabase } from './db/client.ts'
import { type Admission, createAdmission } from './limits/admission.ts'
import { createMemoryLimiter, type FloodLimiter, type LocalLimitName } from './limits/memory-limiter.ts'
import { commonPasswordsFrom } from './passwords/common-passwords.ts'
import { createProbe, type Probe } from './service/probe-database.ts'

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
  localLimits: Record<LocalLimitName | 'refreshSession' | 'reports', FloodLimiter>
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

/** Milliseconds that only grow, for durations. */
export const stopwatch = () => performance.now()

const sleep = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds))

/** How password hashes are made on a platform. */
export type Hashing = {
  /** Omitted: by Web Crypto, without a pause. */
  derive?: Derive
  /** How many at the same time. */
  running: number
  /** Omitted: until the work is done. */
  leaseMilliseconds?: number
}

/** As many as are hashed before the deadline, at the usual tenth of a second and a half. */
const WAITING_PER_RUNNING = 32
const DEADLINE_MILLISECONDS = 5000

/** @param now milliseconds */
export function createLocalLimits({ limits }: Config, now: () => number): AppDeps['localLimits'] {
  return {
    registerAddress: createMemoryLimiter(limits.registerAddress, now),
    signInAddress: createMemoryLimiter(limits.signInAddress, now),
    refreshSession: createMemoryLimiter(limits.refreshSession, now),
    reports: createMemoryLimiter({ count: 1, seconds: 60 }, now),
  }
}

/** Real time, real randomness, the configured database: the one place where they enter. */
export function makeDeps(
  config: Config,
  {
    hashing,
    databaseFetch,
    ...platform
  }: Pick<AppDeps, 'assets' | 'clientAddress' | 'floodLimiter' | 'isPlainHttp'> & {
    hashing: Hashing
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
      { now: stopwatch, timeoutMilliseconds: config.databaseTimeoutMilliseconds, databaseFetch },
    ),
    clock: () => new Date(),
    stopwatch,
    random,
    passwords: createPasswordHasher(config.passwordWork, random.bytes, hashing.derive),
    admission: createAdmission({
      running: hashing.running,
      waiting: hashing.running * WAITING_PER_RUNNING,
      deadlineMilliseconds: DEADLINE_MILLISECONDS,
      leaseMilliseconds: hashing.leaseMilliseconds ?? Number.POSITIVE_INFINITY,
      now: stopwatch,
      sleep,
    }),
    localLimits: createLocalLimits(config, Date.now),
    probe: createProbe({ stopwatch, sleep }),
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

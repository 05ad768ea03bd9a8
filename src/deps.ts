import type { Config } from './config/parse-config.ts'
import type { DerivedKeys } from './crypto/derive-keys.ts'
import type { KeyRing } from './crypto/jwt.ts'
import type { PasswordHasher } from './crypto/password.ts'
import type { Connect, Database } from './db/client.ts'
import type { RenderedMessage, StoredMail } from './mail/message.ts'
import type { Client } from './net/client-address.ts'

/** The wall clock. Always a parameter, so that tests can set it to just before and exactly at an expiry. */
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

/** The queue in front of the password hasher. */
export type Admission = {
  /**
   * Refuses a request that `run` would refuse, before it has cost any work.
   *
   * @throws AppError `overloaded`
   */
  assertRoom(network: string): void
  /**
   * Runs the work when it is its turn.
   *
   * @param network the client's; turns rotate by network, so that a flood delays only its own network
   * @throws AppError `overloaded`, with the seconds until another try makes sense; the work has not begun
   */
  run<T>(network: string, work: () => Promise<T>): Promise<T>
}

/** Cloudflare's Rate Limiting binding, or its replacement elsewhere. */
export type FloodLimiter = {
  limit(options: { key: string }): Promise<{ success: boolean; retryAfterSeconds?: number }>
}

/** Limits that the database counts and each process counts as well, by their names in `Config`. */
export type LocalLimitName = 'limitRegisterAddress' | 'limitSignInAddress'

/** The OpenAPI document of an instance, and its entity tag (RFC 9110 section 8.8.3). */
export type OpenapiText = { text: string; etag: string }

/** A row of the outbox that this process has claimed, by inserting it or by `claimDeliveries`. */
export type Delivery = {
  id: string
  kind: string
  name: string
  recipient: string
  payload: Readonly<Record<string, unknown>>
  attempts: number
  /** When the claim ends, in milliseconds since 1970. */
  lockedUntil: number
}

/** Whether mails are stored, and whether they are sent. */
export type Mailing = {
  /** Whether this deployment sends any; if not, none is stored. */
  isOn: boolean
  /** Whether the outbox is the mailbox, as in development: a mail counts as sent once it is stored. */
  isMailbox: boolean
}

/**
 * Hands one delivery to the server that it is for.
 *
 * @throws Error whose message is for operators: it holds no secret and no address. If another try has little
 *   chance, it has `isFinal: true`; if others may be taken, `isAboutOne: true`
 */
export type Channel = (delivery: Pick<Delivery, 'id' | 'name' | 'recipient' | 'payload'>) => Promise<void>

/** The dependencies of sending deliveries. */
export type DeliverDeps = Pick<Deps, 'db' | 'clock' | 'log' | 'sleep' | 'channels'>

/** Sends deliveries that this process has claimed. Never rejects. */
export type DeliverSoon = (deps: DeliverDeps, deliveries: readonly Delivery[]) => Promise<void>

/** The result of a probe. */
export type Probed = {
  /** From this instance to the database and back, rounded to 0.1. */
  milliseconds: number
  /** The `statement_timeout` of our connections; 0: none; `null`: the database did not answer. */
  statementTimeoutMilliseconds: number | null
  /** Deliveries that have waited for ten minutes, and those that expired within a day; `null`: no answer. */
  outbox: { waiting: number; givenUp: number } | null
  failure?: unknown
}

export type Probe = (db: Database, now: Date) => Promise<Probed>

/** The dependencies of one isolate or process; `makeDeps` builds them once. */
export type AppDeps = {
  config: Config
  connect: Connect
  clock: Clock
  /** Milliseconds that only grow, for durations. On Workers they stand still during CPU work. */
  stopwatch: () => number
  random: Random
  passwords: PasswordHasher
  /** Limits how many hashes run at once, and decides whose turn is next. */
  admission: Admission
  /** Folded, see `fold`. Read on first use; rejects if that fails. */
  commonPasswords: () => Promise<ReadonlySet<string>>
  /** The OpenAPI document of this instance. Made on first use; `null`: there are no assets. */
  openapi: () => Promise<OpenapiText | null>
  keyRing: KeyRing
  refreshKeys: DerivedKeys
  deviceKeys: DerivedKeys
  /** For the keys of the rows of `rate_limits`. */
  limitKeys: DerivedKeys
  oneTimeTokenKeys: DerivedKeys
  mailing: Mailing
  /** One for each kind of row in the outbox that is sent here. */
  channels: Readonly<Record<string, Channel>>
  /** Sends deliveries after the response of the request that stored them. */
  deliverSoon: DeliverSoon
  /** The message of a stored mail, for the mailbox of development. */
  composeMail: (mail: StoredMail) => Promise<RenderedMessage>
  sleep: (milliseconds: number) => Promise<void>
  /** The first defence against floods; `null`: none. */
  floodLimiter: FloodLimiter | null
  /** Counted by this process alone. `reports` limits how often a refusal is recorded. */
  localLimits: Record<LocalLimitName | 'limitRefreshSession' | 'reports', FloodLimiter>
  /** Asks the database whether it works. */
  probe: Probe
  clientAddress: ClientAddress
  isPlainHttp: IsPlainHttp
  assets: Assets
  /** For requests to other servers. */
  fetch: typeof fetch
  log: Log
}

/**
 * The dependencies of one request, which routes pass to verbs: those of the instance, with a database that
 * counts the request's round trips, and the client.
 */
export type Deps = Omit<AppDeps, 'connect'> & {
  db: Database
  client: Client
  /**
   * Sends deliveries after the response. Their rows are stored: what is not sent then, the schedule sends.
   */
  deliverLater: (deliveries: readonly Delivery[]) => void
}

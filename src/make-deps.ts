import type { Config } from './config/parse-config.ts'
import { deriveKeys } from './crypto/derive-keys.ts'
import { createKeyRing } from './crypto/jwt.ts'
import { createPasswordHasher, type Derive } from './crypto/password.ts'
import { type DatabaseFetch, prepareDatabase } from './db/client.ts'
import type { AppDeps, Log, Random } from './deps.ts'
import { createAdmission } from './limits/admission.ts'
import { createMemoryLimiter } from './limits/memory-limiter.ts'
import { composeMail } from './mail/compose.ts'
import { createMailChannel } from './mail/create-channel.ts'
import { createTransport } from './mail/create-transport.ts'
import { createCatalogueLoader } from './mail/messages/load-catalogues.ts'
import { createOpenapiLoader } from './operations/load-openapi.ts'
import { createProbe } from './operations/probe-database.ts'
import { createDeliverSoon } from './outbox/deliver-soon.ts'
import { createCommonPasswordsLoader } from './passwords/load-common-passwords.ts'

/** How a platform makes password hashes. */
export type Hashing = {
  /** Omitted: Web Crypto, without a pause. */
  derive?: Derive
  /** How many run at once. */
  running: number
  /** After how long a hash counts as abandoned; omitted: never. */
  leaseMilliseconds?: number
}

/** Milliseconds that only grow, for durations. */
export const stopwatch = () => performance.now()

const sleep = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds))

/** As many as can be hashed within the deadline, at about 150 ms each: 32 × 150 ms = 4.8 s. */
const WAITING_PER_RUNNING = 32
const DEADLINE_MILLISECONDS = 5000

/**
 * Creates the limits that this process counts for itself.
 *
 * @param now milliseconds
 */
export function createLocalLimits(config: Config, now: () => number): AppDeps['localLimits'] {
  return {
    limitRegisterAddress: createMemoryLimiter(config.limitRegisterAddress, now),
    limitSignInAddress: createMemoryLimiter(config.limitSignInAddress, now),
    limitRefreshSession: createMemoryLimiter(config.limitRefreshSession, now),
    reports: createMemoryLimiter({ count: 1, seconds: 60 }, now),
  }
}

const random: Random = {
  bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  uuid: () => crypto.randomUUID(),
}

type Platform = Pick<AppDeps, 'assets' | 'clientAddress' | 'floodLimiter' | 'isPlainHttp'> & {
  hashing: Hashing
  /** The binding of a Worker by its name. Omitted: there are none. */
  binding?: (name: string) => unknown
  /** Sends requests to the database, if the platform has a cheaper way than `fetch`. */
  databaseFetch?: DatabaseFetch
}

/** Builds the dependencies from configuration and platform. No other file uses the clock or randomness. */
export function makeDeps(
  config: Config,
  { hashing, databaseFetch, binding, ...platform }: Platform,
): AppDeps {
  // Called as a method of another object, Workers' `fetch` throws "Illegal invocation".
  const fetchOf: typeof fetch = (...args) => fetch(...args)
  return {
    config,
    connect: prepareDatabase(
      { url: config.databaseUrl, endpoint: config.databaseEndpoint },
      {
        now: stopwatch,
        timeoutMilliseconds: config.databaseTimeoutMilliseconds,
        schema: config.databaseSchema,
        databaseFetch,
      },
    ),
    clock: () => new Date(),
    stopwatch,
    random,
    ...makeHashing(config, hashing),
    localLimits: createLocalLimits(config, Date.now),
    probe: createProbe({ stopwatch, sleep }),
    keyRing: createKeyRing(config.signingKeys),
    refreshKeys: deriveKeys(config.authSecrets, 'refresh-token'),
    deviceKeys: deriveKeys(config.authSecrets, 'device-token'),
    limitKeys: deriveKeys(config.authSecrets, 'rate-limit'),
    sleep,
    deliverSoon: createDeliverSoon({ stopwatch, sleep, random }),
    ...makeMail(config, { assets: platform.assets, fetch: fetchOf, binding, log }),
    openapi: createOpenapiLoader({ assets: platform.assets, config }),
    commonPasswords: createCommonPasswordsLoader({ assets: platform.assets, publicUrl: config.publicUrl }),
    fetch: fetchOf,
    ...platform,
    log,
  }
}

// Both runtimes collect the console's output, one entry a line.
// biome-ignore lint/suspicious/noConsole: this is the sink of the log
const log: Log = (entry) => console.log(JSON.stringify(entry))

type MailPlatform = Pick<AppDeps, 'assets' | 'fetch' | 'log'> & { binding: Platform['binding'] }

function makeMail(
  config: Config,
  { binding = () => undefined, ...platform }: MailPlatform,
): Pick<AppDeps, 'mailing' | 'channels' | 'oneTimeTokenKeys' | 'composeMail'> {
  const { mailUrl, publicUrl } = config
  const oneTimeTokenKeys = deriveKeys(config.authSecrets, 'one-time-token')
  const catalogues = createCatalogueLoader({ ...platform, publicUrl, languages: config.mailLanguages })
  const deps = { config, oneTimeTokenKeys, catalogues }
  const transport =
    mailUrl.kind === 'mailbox' ? null : createTransport(mailUrl, { fetch: platform.fetch, binding })
  return {
    oneTimeTokenKeys,
    mailing: { isOn: mailUrl.kind !== 'off', isMailbox: mailUrl.kind === 'mailbox' },
    channels: transport ? { mail: createMailChannel({ ...deps, transport }) } : {},
    composeMail: (mail) => composeMail(deps, mail),
  }
}

function makeHashing(
  { passwordIterations: iterations, passwordRounds: rounds }: Config,
  { derive, running, leaseMilliseconds = Number.POSITIVE_INFINITY }: Hashing,
): Pick<AppDeps, 'passwords' | 'admission'> {
  return {
    passwords: createPasswordHasher({ iterations, rounds }, random.bytes, derive),
    admission: createAdmission({
      running,
      waiting: running * WAITING_PER_RUNNING,
      deadlineMilliseconds: DEADLINE_MILLISECONDS,
      leaseMilliseconds,
      now: stopwatch,
      sleep,
    }),
  }
}

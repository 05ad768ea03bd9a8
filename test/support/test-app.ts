import { afterAll, inject } from 'vitest'
import { assets, databaseFetch } from '#runtime'
import { createApp } from '../../src/app.ts'
import { parseConfig } from '../../src/config/parse-config.ts'
import { createPasswordHasher, type PasswordHasher } from '../../src/crypto/password.ts'
import type { AppDeps } from '../../src/deps.ts'
import { readMailbox } from '../../src/mail/read-mailbox.ts'
import { createLocalLimits, makeDeps } from '../../src/make-deps.ts'
import { type Bearer, requestsAs } from './requests-as.ts'

/** Few iterations make tests quick; two rounds run the same code as in production. */
export const TEST_WORK = { iterations: 50, rounds: 2 }

export const PUBLIC_URL = 'http://localhost:8000'
/** What the routes depend on, by default. */
export const DEFAULT_VARIANT = {
  accountFields: { username: 'required', full_name: 'required' },
  registration: 'open',
} as const

export const FRONTEND = 'http://localhost:3000'

/** Random in every run: no secret is in the repository. */
const JWT_SECRET = crypto.randomUUID() + crypto.randomUUID()
const AUTH_SECRETS = crypto.randomUUID() + crypto.randomUUID()

/** All tests of a file are one client whose clock stands still; tests about limits set their own. */
const GENEROUS = {
  LIMIT_SIGN_IN_ACCOUNT: '1000/100',
  LIMIT_SIGN_IN_ADDRESS: '10000/60',
  LIMIT_REGISTER_ADDRESS: '10000/60',
  LIMIT_ACT_ACCOUNT: '1000/100',
  LIMIT_PROFILE_ACCOUNT: '1000/100',
  LIMIT_MAIL_ACCOUNT: '1000/100',
  LIMIT_MAIL_ADDRESS: '10000/60',
}

/** An empty variable means the default limit. */
export const DEFAULT_LIMITS = {
  LIMIT_SIGN_IN_ACCOUNT: '',
  LIMIT_SIGN_IN_ADDRESS: '',
  LIMIT_REGISTER_ADDRESS: '',
  LIMIT_ACT_ACCOUNT: '',
  LIMIT_PROFILE_ACCOUNT: '',
  LIMIT_MAIL_ACCOUNT: '',
  LIMIT_MAIL_ADDRESS: '',
}

/** From the addresses for documentation (RFC 5737). */
export const CLIENT_ADDRESS = '203.0.113.7'

/** A new, migrated database of the project's engine. */
export async function createTestDatabase() {
  const control = inject('databasesUrl')
  const created = await fetch(`${control}/${inject('engine')}`, { method: 'POST' })
  const { name, url, faultyUrl, elsewhereUrl, serverUrl } = (await created.json()) as Record<
    'name' | 'url' | 'faultyUrl' | 'elsewhereUrl' | 'serverUrl',
    string
  >
  afterAll(async () => {
    await fetch(`${control}/${name}`, { method: 'DELETE' })
  })
  return {
    url,
    /** The server of failing databases; the path is one of `FAULT_NAMES`. */
    faultyUrl,
    /** The target of their redirects. */
    elsewhereUrl,
    /** PostgreSQL itself, for tests under Node that hold locks. */
    serverUrl,
    /** Runs a statement that the endpoint does not count. Every value is a string or null. */
    async sql(text: string, values: unknown[] = []): Promise<Record<string, string | null>[]> {
      const response = await fetch(`${control}/${name}/sql`, {
        method: 'POST',
        body: JSON.stringify({ text, values }),
      })
      return (await response.json()) as Record<string, string | null>[]
    },
    /** The statements of each round trip since the last call, as the database's endpoint received them. */
    async roundTrips(): Promise<string[][]> {
      const response = await fetch(`${control}/${name}/statements`)
      return (await response.json()) as string[][]
    },
  }
}

/** Counts the hashes that a hasher makes; the hashes are real. */
export function countingHasher(hasher: PasswordHasher) {
  const counter = {
    count: 0,
    hash(password: string) {
      counter.count++
      return hasher.hash(password)
    },
    verify(password: string, stored: string | null) {
      counter.count++
      return hasher.verify(password, stored)
    },
  }
  return counter
}

let ofThisFile: ReturnType<typeof createTestDatabase> | undefined

/** The database of the test file that runs, made on first use. */
export function testDatabase() {
  ofThisFile ??= createTestDatabase()
  return ofThisFile
}

/** Called before every file, as the files of one worker share this module. */
export function forgetTestDatabase(): void {
  ofThisFile = undefined
}

type Options = {
  variables?: Record<string, string>
  /** In place of the real ones; a function, to make them of the real ones. */
  deps?: Partial<AppDeps> | ((real: AppDeps) => Partial<AppDeps>)
  database?: TestDatabase
}
type TestDatabase = Awaited<ReturnType<typeof createTestDatabase>>

/**
 * The application over this file's database or another one, with a clock, log and hasher that tests can
 * inspect.
 */
export async function createTestApp({ variables, deps: replaced, database: other }: Options = {}) {
  const database = other ?? (await testDatabase())
  const config = parseConfig({
    DATABASE_URL: database.url,
    // A slow machine is no failure.
    DATABASE_TIMEOUT_MILLISECONDS: '15000',
    PUBLIC_URL,
    JWT_SECRET,
    AUTH_SECRETS,
    // Tests send nothing to the internet: those about breached passwords have a server of their own.
    BREACHED_PASSWORDS_URL: 'off',
    ...GENEROUS,
    ...variables,
  })
  const real = makeDeps(config, {
    assets,
    clientAddress: () => CLIENT_ADDRESS,
    floodLimiter: null,
    isPlainHttp: () => false,
    // Races need all of their hashes at once; the limit on concurrent hashes has tests of its own.
    hashing: { running: 1000 },
    databaseFetch,
  })
  const hasher = countingHasher(createPasswordHasher(TEST_WORK, real.random.bytes))
  type Entry = Parameters<AppDeps['log']>[0]
  const log: Entry[] = []
  /** The log's `request` lines, one per request. */
  const requests: Entry[] = []
  const clock = { now: new Date('2026-11-22T12:00:00.000Z') }
  const deps: AppDeps = {
    ...real,
    passwords: hasher,
    clock: () => new Date(clock.now),
    // Mails are sent right after the response; tests that wait for them call `settled`.
    sleep: () => Promise.resolve(),
    localLimits: createLocalLimits(config, () => deps.clock().getTime()),
    log: (entry) => void (entry.event === 'request' ? requests : log).push(entry),
    ...(typeof replaced === 'function' ? replaced(real) : replaced),
  }
  const app = createApp(deps)

  const left: Promise<unknown>[] = []
  const execution = {
    waitUntil: (work: Promise<unknown>) => void left.push(work),
    passThroughOnException() {},
    props: {},
  }
  /** Waits for what requests go on with after their responses. */
  const settled = async () => {
    while (left.length > 0) await Promise.all(left.splice(0))
  }
  const request = async (path: string, init: RequestInit = {}) =>
    await app.request(`${PUBLIC_URL}${path}`, init, {}, execution)
  const mailbox = async (to: string | null = null) => {
    const db = deps.connect({ roundTrips: 0, milliseconds: 0 })
    const items = await readMailbox({ db, composeMail: deps.composeMail }, { to })
    return items.reverse().map((item) => ({ ...item, token: tokenIn(item.text) }))
  }
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    request(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
  /** Requests as somebody who is signed in: `as(pair).get('/users/me')`. */
  const as = (bearer: Bearer) => requestsAs(request, bearer)
  const me = (token: string) => as(token).get('/users/me')

  /** Registers a new person and returns the sent fields and the id. */
  const register = async (overrides: Partial<Person> = {}) => {
    const person = { ...newPerson(), ...overrides }
    const response = await post('/users', person)
    if (response.status !== 201) throw new Error(`Registering failed: ${await response.text()}`)
    const { id } = (await response.json()) as { id: number }
    return { ...person, id }
  }
  const openSession = async ({ email, password }: { email: string; password: string }) => {
    const response = await post('/login', { email, password })
    if (response.status !== 200) throw new Error(`Signing in failed: ${await response.text()}`)
    return (await response.json()) as TokenPair
  }
  const signIn = async (person: { email: string; password: string }) =>
    (await openSession(person)).access_token
  return {
    ...{ app, config, deps, database, hasher, log, requests, clock },
    ...{ request, post, as, me, register, signIn, openSession, mailbox, settled },
  }
}

/** The token of the first link in a mail; `''` if it has none. */
export function tokenIn(text: string): string {
  return /#token=([\w-]+)/.exec(text)?.[1] ?? ''
}

export type TokenPair = {
  access_token: string
  expires_in: number
  refresh_token: string
  refresh_token_expires_in: number
}

export type Person = { username: string; email: string; full_name: string; password: string }

let people = 0
/** The fields of a new person, different from all others. */
export function newPerson(): Person {
  people++
  return {
    username: `person${people}`,
    email: `person${people}@example.com`,
    full_name: `Person Number ${people}`,
    password: `correct horse ${people}`,
  }
}

/** The payload of a JWT, not verified. */
export function payloadOf(token: string): Record<string, unknown> {
  const part = token.split('.')[1] ?? ''
  return JSON.parse(atob(part.replaceAll('-', '+').replaceAll('_', '/'))) as Record<string, unknown>
}

import type { Bench } from './database.ts'
import type { HttpRequest, HttpResponse, Loop } from './load.ts'

/** What people do, in the order of the tables. */
export const OPERATIONS = [
  'register',
  'sign in',
  'wrong password',
  'current user',
  'by token alone',
  'a hash alone',
  'a round trip alone',
  'refresh',
  'list of users',
] as const
export type Operation = (typeof OPERATIONS)[number]

/** Of ours: what its requests are made of, and what guards nothing but a token. */
export const PARTS = ['by token alone', 'a hash alone', 'a round trip alone'] as const satisfies Operation[]

/**
 * So many connections do an operation at once, at most. Each has a session of its own, and an account of its own where
 * an operation changes the account.
 */
export const LANES = 16

/** Sends a request past what is measured, and wants a success. */
export type Send = (request: HttpRequest) => Promise<HttpResponse>

const PASSWORD = 'correct horse battery'
let people = 0
/** Somebody nobody else is. */
const newPerson = () => {
  people++
  const username = `bench${people}x${process.pid}`
  return { username, email: `${username}@example.com`, name: `Bench Person${people}` }
}

const json = (path: string, body: unknown, headers: Record<string, string> = {}): HttpRequest => ({
  ...{ method: 'POST', path, headers: { 'Content-Type': 'application/json', ...headers } },
  body: JSON.stringify(body),
})
const get = (path: string, headers: Record<string, string>): HttpRequest => ({ method: 'GET', path, headers })

/** The same over and over; another status, or an answer without what it is for, ends the measurement. */
const repeat = (next: () => HttpRequest, status: number, contains = ''): Loop => ({
  next,
  done({ status: answered, body }) {
    if (answered === status && body.includes(contains)) return
    throw new Error(`${answered} for ${next().path}: ${body}`)
  },
})
const lanes = <T>(make: () => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: LANES }, make))
const at = <T>(items: readonly T[], lane: number): T => items[lane % items.length] as T

/** Made for the run. */
const SECRETS = {
  JWT_SECRET: crypto.randomUUID() + crypto.randomUUID(),
  AUTH_SECRETS: crypto.randomUUID() + crypto.randomUUID(),
}
/** The most that can be configured: far more than a run sends. */
const UNLIMITED = {
  LIMIT_SIGN_IN_ACCOUNT: '1000/100',
  LIMIT_SIGN_IN_ADDRESS: '10000/50',
  LIMIT_REGISTER_ADDRESS: '10000/50',
  LIMIT_FLOOD_ADDRESS: '10000/50',
}
/** What our product needs to be measured without limits. */
export const oursVariables = (databaseUrl: string, port: number) => ({
  ...{ ...SECRETS, ...UNLIMITED, DATABASE_URL: databaseUrl, PORT: String(port) },
  PUBLIC_URL: `http://localhost:${port}`,
  // A run is longer than the half hour of the default.
  ACCESS_TOKEN_SECONDS: '86400',
})

/** Our product's operations, whatever runs it. */
export async function prepareOurs(send: Send, bench: Bench, database: string) {
  const register = () => {
    const { name, ...person } = newPerson()
    return json('/users', { ...person, full_name: name, password: PASSWORD })
  }
  const signIn = (email: string, password = PASSWORD) => json('/login', { email, password })
  type Session = { access_token: string; refresh_token: string }
  const open = async (email: string) => JSON.parse((await send(signIn(email))).body) as Session
  const create = async () => (JSON.parse((await send(register())).body) as { email: string }).email
  const accounts = await lanes(create)
  // Of their own: a hundred sessions more end the oldest, and a hundred wrong passwords lock an account.
  const [signers, guessed] = [await lanes(create), await lanes(create)]
  const sessions = await lanes(async () => await open(at(accounts, 0)))
  const tokens = await Promise.all(accounts.map(open))
  const [root = ''] = accounts
  await bench.sql(database, "insert into user_roles select id, 'admin' from users where email = $1", [root])
  const bearer = ({ access_token }: Session) => ({ Authorization: `Bearer ${access_token}` })
  return {
    register: () => repeat(register, 201),
    'sign in': (lane: number) => repeat(() => signIn(at(signers, lane)), 200),
    'wrong password': (lane: number) => repeat(() => signIn(at(guessed, lane), 'not the password'), 401),
    'current user': (lane: number) =>
      repeat(() => get('/users/me', bearer(at(tokens, lane))), 200, '"email"'),
    refresh: (lane: number): Loop => {
      const session = at(sessions, lane)
      const { next, done } = repeat(() => json('/refresh', { refresh_token: session.refresh_token }), 200)
      return {
        next,
        done(response) {
          done(response)
          Object.assign(session, JSON.parse(response.body))
        },
      }
    },
    'list of users': () => repeat(() => get('/users?limit=25', bearer(at(tokens, 0))), 200),
  }
}

/**
 * What a lane does for a part.
 *
 * @param current what it does to ask for the current user
 */
export function prepareParts(part: (typeof PARTS)[number], current: Loop): Loop {
  const request: Record<typeof part, () => HttpRequest> = {
    'by token alone': () => ({ ...current.next(), path: '/by-token' }),
    'a hash alone': () => get('/hash', {}),
    'a round trip alone': () => get('/ready', {}),
  }
  return repeat(request[part], 200, part === 'by token alone' ? '"sessionId"' : '')
}

/** better-auth's operations, whatever runs it. */
export async function prepareBetterAuth(
  send: Send,
  bench: Bench,
  { database, port }: { database: string; port: number },
) {
  const origin = { Origin: `http://localhost:${port}` }
  const register = () => {
    const { name, email } = newPerson()
    return json('/api/auth/sign-up/email', { name, email, password: PASSWORD }, origin)
  }
  const signIn = (email: string, password = PASSWORD) =>
    json('/api/auth/sign-in/email', { email, password }, origin)
  const accounts = await lanes(async () => {
    const { body } = await send(register())
    return (JSON.parse(body) as { user: { email: string } }).user.email
  })
  const [root = ''] = accounts
  await bench.sql(database, `update "user" set role = 'admin' where email = $1`, [root])
  const jars = await Promise.all(
    accounts.map(async (email) => {
      const { headers } = await send(signIn(email))
      const cookies = [...headers.matchAll(/^set-cookie: *([^;\r]+)/gim)].map(([, cookie]) => cookie)
      return { Cookie: cookies.join('; ') }
    }),
  )
  return {
    register: () => repeat(register, 200),
    'sign in': (lane: number) => repeat(() => signIn(at(accounts, lane)), 200),
    'wrong password': (lane: number) => repeat(() => signIn(at(accounts, lane), 'not the password'), 401),
    'current user': (lane: number) =>
      repeat(() => get('/api/auth/get-session', at(jars, lane)), 200, '"email"'),
    // A route of one's own, which its API guards.
    'by token alone': (lane: number) => repeat(() => get('/by-token', at(jars, lane)), 200, '"sessionId"'),
    'list of users': () => repeat(() => get('/api/auth/admin/list-users?limit=25', at(jars, 0)), 200),
  }
}

/** The operations of the design that this product replaces. */
export async function prepareFastApi(send: Send) {
  const register = () => {
    const { name, ...person } = newPerson()
    return json('/users/', { ...person, full_name: name, password: PASSWORD })
  }
  const signIn = (email: string, password = PASSWORD): HttpRequest => ({
    ...{ method: 'POST', path: '/login', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } },
    body: new URLSearchParams({ email, password }).toString(),
  })
  const accounts = await lanes(
    async () => (JSON.parse((await send(register())).body) as { email: string }).email,
  )
  const tokens = await Promise.all(
    accounts.map(
      async (email) =>
        (JSON.parse((await send(signIn(email))).body) as { access_token: string }).access_token,
    ),
  )
  return {
    register: () => repeat(register, 200),
    'sign in': (lane: number) => repeat(() => signIn(at(accounts, lane)), 200),
    'wrong password': (lane: number) => repeat(() => signIn(at(accounts, lane), 'not the password'), 401),
    'current user': (lane: number) =>
      repeat(() => get('/users/me', { Authorization: `Bearer ${at(tokens, lane)}` }), 200),
  }
}

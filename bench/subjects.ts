import type { Bench } from './database.ts'
import type { HttpRequest, HttpResponse, Loop } from './load.ts'

/** What is measured, in the order of the tables. */
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

/** Operations of ours that need the routes of `bench/ours/app.ts`. */
export const PARTS = ['by token alone', 'a hash alone', 'a round trip alone'] as const satisfies Operation[]

/** The most connections at once. Each has its own session, and its own account for what changes one. */
export const LANES = 16

/** Makes what the connection of number `lane` repeats, of `concurrency` connections in all. */
export type MakeLoop = (lane: number, concurrency: number) => Loop
export type Loops = Partial<Record<Operation, MakeLoop>>

/** Sends a request that is not measured; rejects if it does not succeed. */
export type Send = (request: HttpRequest) => Promise<HttpResponse>

const PASSWORD = 'correct horse battery'
let people = 0
/** A person with a unique name and address. */
const newPerson = () => {
  people++
  const username = `bench${people}x${process.pid}`
  return { username, email: `${username}@example.com`, name: `Bench Person${people}` }
}

const json = (path: string, body: unknown, headers: Record<string, string> = {}): HttpRequest => ({
  method: 'POST',
  path,
  headers: { 'Content-Type': 'application/json', ...headers },
  body: JSON.stringify(body),
})
const get = (path: string, headers: Record<string, string>): HttpRequest => ({ method: 'GET', path, headers })

/** Repeats a request. Another status, or a response that does not contain the text, ends the measurement. */
const repeat = (next: () => HttpRequest, status: number, contains = ''): Loop => ({
  next,
  done(response) {
    if (response.status === status && response.body.includes(contains)) return
    throw new Error(`${response.status} for ${next().path}: ${response.body}`)
  },
})

/** Our queue for hashes answers 503 to more on a busy machine. */
const PREPARED_AT_ONCE = 4

async function times<T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> {
  const made: T[] = []
  while (made.length < count) {
    const length = Math.min(PREPARED_AT_ONCE, count - made.length)
    made.push(...(await Promise.all(Array.from({ length }, (_, index) => make(made.length + index)))))
  }
  return made
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index % items.length]
  if (item === undefined) throw new Error('Nothing was prepared')
  return item
}

/** Of this run. */
const SECRETS = {
  JWT_SECRET: crypto.randomUUID() + crypto.randomUUID(),
  AUTH_SECRETS: crypto.randomUUID() + crypto.randomUUID(),
}
/** The highest limits that the configuration accepts. */
const UNLIMITED = {
  LIMIT_SIGN_IN_ACCOUNT: '1000/100',
  LIMIT_SIGN_IN_ADDRESS: '10000/50',
  LIMIT_REGISTER_ADDRESS: '10000/50',
  LIMIT_REFRESH_SESSION: '1000/100',
  LIMIT_FLOOD_ADDRESS: '10000/50',
}
/** The variables of our product, with limits that a run does not reach. */
export const oursVariables = (databaseUrl: string, port: number) => ({
  ...SECRETS,
  ...UNLIMITED,
  DATABASE_URL: databaseUrl,
  PORT: String(port),
  PUBLIC_URL: `http://localhost:${port}`,
  // A run takes longer than the default of half an hour.
  ACCESS_TOKEN_SECONDS: '86400',
})

type Session = { access_token: string; refresh_token: string }

/** The limit of a session is 1000 refreshes at once and 10 a second: of all, 32,000 and 320. */
const SESSIONS = 2 * LANES

const bearer = ({ access_token }: Session) => ({ Authorization: `Bearer ${access_token}` })

/** The operations of our product, on either runtime. */
export async function prepareOurs(send: Send, bench: Bench, database: string) {
  const register = () => {
    const { name, ...person } = newPerson()
    return json('/users', { ...person, full_name: name, password: PASSWORD })
  }
  const signIn = (email: string, password = PASSWORD) => json('/login', { email, password })
  const open = async (email: string): Promise<Session> => JSON.parse((await send(signIn(email))).body)
  const create = async () => {
    const { email }: { email: string } = JSON.parse((await send(register())).body)
    return email
  }
  const accounts = await times(LANES, create)
  // Separate accounts: a hundred new sessions end the oldest, and a hundred wrong passwords lock an account.
  const [signers, guessed] = [await times(LANES, create), await times(LANES, create)]
  const refreshed = await times(SESSIONS, () => open(at(accounts, 0)))
  const sessions = await times(LANES, (index) => open(at(accounts, index)))
  await bench.sql(database, "insert into user_roles select id, 'admin' from users where email = $1", [
    at(accounts, 0),
  ])
  return {
    register: () => repeat(register, 201),
    'sign in': (lane) => repeat(() => signIn(at(signers, lane)), 200),
    'wrong password': (lane) => repeat(() => signIn(at(guessed, lane), 'not the password'), 401),
    'current user': (lane) => repeat(() => get('/users/me', bearer(at(sessions, lane))), 200, '"email"'),
    refresh: (lane, concurrency) =>
      refreshInTurn(refreshed.filter((_, index) => index % concurrency === lane)),
    'list of users': () => repeat(() => get('/users?limit=25', bearer(at(sessions, 0))), 200),
  } satisfies Loops
}

/** Refreshes the sessions in turn, each with the newest token it received. */
function refreshInTurn(sessions: readonly Session[]): Loop {
  let turn = 0
  const session = () => at(sessions, turn)
  const { next, done } = repeat(() => json('/refresh', { refresh_token: session().refresh_token }), 200)
  return {
    next,
    done(response) {
      done(response)
      Object.assign(session(), JSON.parse(response.body))
      turn++
    },
  }
}

/**
 * The loop of a part.
 *
 * @param current the loop of the current user, whose token it uses
 */
export function repeatPart(part: (typeof PARTS)[number], current: Loop): Loop {
  const request: Record<typeof part, () => HttpRequest> = {
    'by token alone': () => ({ ...current.next(), path: '/by-token' }),
    'a hash alone': () => get('/hash', {}),
    'a round trip alone': () => get('/ready', {}),
  }
  return repeat(request[part], 200, part === 'by token alone' ? '"sessionId"' : '')
}

type Place = { database: string; port: number }

/** The operations of better-auth, on either runtime. */
export async function prepareBetterAuth(send: Send, bench: Bench, { database, port }: Place) {
  const origin = { Origin: `http://localhost:${port}` }
  const register = () => {
    const { name, email } = newPerson()
    return json('/api/auth/sign-up/email', { name, email, password: PASSWORD }, origin)
  }
  const signIn = (email: string, password = PASSWORD) =>
    json('/api/auth/sign-in/email', { email, password }, origin)
  const accounts = await times(LANES, async () => {
    const { user }: { user: { email: string } } = JSON.parse((await send(register())).body)
    return user.email
  })
  await bench.sql(database, `update "user" set role = 'admin' where email = $1`, [at(accounts, 0)])
  const jars = await times(LANES, async (index) => {
    const { headers } = await send(signIn(at(accounts, index)))
    const cookies = [...headers.matchAll(/^set-cookie: *([^;\r]+)/gim)].map(([, cookie]) => cookie)
    return { Cookie: cookies.join('; ') }
  })
  return {
    register: () => repeat(register, 200),
    'sign in': (lane) => repeat(() => signIn(at(accounts, lane)), 200),
    'wrong password': (lane) => repeat(() => signIn(at(accounts, lane), 'not the password'), 401),
    'current user': (lane) => repeat(() => get('/api/auth/get-session', at(jars, lane)), 200, '"email"'),
    // An application's own route, guarded by `auth.api.getSession`.
    'by token alone': (lane) => repeat(() => get('/by-token', at(jars, lane)), 200, '"sessionId"'),
    'list of users': () => repeat(() => get('/api/auth/admin/list-users?limit=25', at(jars, 0)), 200),
  } satisfies Loops
}

/** The operations of the original. */
export async function prepareFastApi(send: Send) {
  const register = () => {
    const { name, ...person } = newPerson()
    return json('/users/', { ...person, full_name: name, password: PASSWORD })
  }
  const signIn = (email: string, password = PASSWORD): HttpRequest => ({
    method: 'POST',
    path: '/login',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ email, password }).toString(),
  })
  const accounts = await times(LANES, async () => {
    const { email }: { email: string } = JSON.parse((await send(register())).body)
    return email
  })
  const tokens = await times(LANES, async (index) => {
    const { access_token }: Session = JSON.parse((await send(signIn(at(accounts, index)))).body)
    return access_token
  })
  return {
    register: () => repeat(register, 200),
    'sign in': (lane) => repeat(() => signIn(at(accounts, lane)), 200),
    'wrong password': (lane) => repeat(() => signIn(at(accounts, lane), 'not the password'), 401),
    'current user': (lane) =>
      repeat(() => get('/users/me', { Authorization: `Bearer ${at(tokens, lane)}` }), 200),
  } satisfies Loops
}

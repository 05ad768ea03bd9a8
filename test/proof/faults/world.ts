import { expect } from 'vitest'
import type { AppDeps } from '../../../src/deps.ts'
import { createMailChannel } from '../../../src/mail/create-channel.ts'
import { createTransport } from '../../../src/mail/create-transport.ts'
import { createCatalogueLoader } from '../../../src/mail/messages/load-catalogues.ts'
import { createProbe } from '../../../src/operations/probe-database.ts'
import { createDeliverSoon } from '../../../src/outbox/deliver-soon.ts'
import { jarOf } from '../../support/canaries.ts'
import { EMPTY } from '../../support/empty-database.ts'
import { authorization, type Sent } from '../../support/requests-as.ts'
import { createTestApp, type createTestDatabase, FRONTEND, type TokenPair } from '../../support/test-app.ts'
import { createOutside } from './outside.ts'

type Database = Awaited<ReturnType<typeof createTestDatabase>>
type Names = 'ada' | 'bob' | 'grace'

/** Somebody of a flow. Every run has the same people, so that what is stored can be compared. */
const profileOf = (username: Names) => ({
  username,
  email: `${username}@example.com`,
  full_name: `Canary-${username} Somebody`,
  password: `canary of ${username} 1`,
})

export const jsonBody = (body: unknown): Sent => ({
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
})

/** How long a mail provider may be silent: less than in production, so that nobody waits for long. */
const MAIL_TIMEOUT_MILLISECONDS = 1000

/** What sends mails right after responses, by requests that `outside` sees. */
function sendingOver(
  fetch: AppDeps['fetch'],
  { config, assets, oneTimeTokenKeys, log, stopwatch, random }: AppDeps,
): Pick<AppDeps, 'channels' | 'deliverSoon'> {
  const { mailUrl, mailLanguages: languages, publicUrl } = config
  if (mailUrl.kind === 'mailbox') throw new Error('The mailbox sends nothing')
  const timeoutMilliseconds = MAIL_TIMEOUT_MILLISECONDS
  const transport = createTransport(mailUrl, { fetch, binding: () => undefined, timeoutMilliseconds })
  if (!transport) throw new Error('Mail is off')
  const catalogues = createCatalogueLoader({ assets, publicUrl, languages, log })
  return {
    channels: { mail: createMailChannel({ config, oneTimeTokenKeys, catalogues, transport }) },
    deliverSoon: createDeliverSoon({ stopwatch, random, sleep: () => Promise.resolve() }),
  }
}

/**
 * An application with a database to itself, emptied, whose requests to other servers go through `outside`,
 * and what flows need to set themselves up.
 */
export async function createWorld(
  database: Database,
  timeoutMilliseconds: number,
  variables: Record<string, string> = {},
) {
  await database.sql(EMPTY)
  const outside = createOutside(database, { timeoutMilliseconds })
  const waited = { milliseconds: 0 }
  const app = await createTestApp({
    database,
    variables: { ...outside.variables, ...variables },
    deps: (real) => ({
      ...outside.deps,
      ...(variables['MAIL_URL'] && sendingOver(outside.deps.fetch, real)),
      probe: createProbe({
        stopwatch: () => waited.milliseconds,
        sleep: () => Promise.resolve(),
      }),
    }),
  })
  const send = (method: string, path: string, body?: unknown, bearer?: { access_token: string }) =>
    app.request(path, {
      method,
      ...(body === undefined ? {} : jsonBody(body)),
      headers: {
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(bearer && authorization(bearer)),
      },
    })
  const signIn = async ({ email, password }: { email: string; password: string }) =>
    await app.openSession({ email, password })
  // Where registration is closed, whoever is there registered while it was open.
  const open = variables['REGISTRATION'] === 'closed' ? await createTestApp({ database }) : app
  const register = async (name: Names) => await open.register(profileOf(name))
  /** Registered and signed in. */
  const person = async (name: Names = 'ada') => {
    const who = await register(name)
    const pair = await signIn(who)
    return { ...who, ...pair }
  }
  const give = (id: number, role: string) =>
    database.sql('insert into user_roles (user_id, role_name) values ($1, $2)', [id, role])
  /** A request as somebody with the cookies of a new session, from the frontend. */
  const withCookies = async (
    { email, password }: { email: string; password: string },
    method: string,
    path: string,
    body?: unknown,
  ): Promise<[string, Sent]> => {
    const [login, init] = asNobody('POST', '/login?use_cookies=true', { email, password })
    const origin = { Origin: FRONTEND }
    const response = await app.request(login, { ...init, headers: { ...init.headers, ...origin } })
    const sent = body === undefined ? {} : jsonBody(body)
    return [path, { ...sent, method, headers: { ...sent.headers, ...origin, Cookie: jarOf(response) } }]
  }
  /** The administrator of a flow: `grace`. */
  const administrator = async () => {
    const grace = await person('grace')
    await give(grace.id, 'admin')
    return grace
  }
  const tokensFor = async (email: string, kind: string) =>
    (await app.mailbox(email)).filter((mail) => mail.kind === kind).map(({ token }) => token)
  return {
    ...{ app, database, outside, send, register, person, signIn, withCookies, give, administrator },
    newcomer: profileOf('bob'),
    /** The kinds of the mails to an address, the oldest first. */
    async kindsFor(email: string): Promise<string[]> {
      return (await app.mailbox(email)).map(({ kind }) => kind)
    },
    /** The token in the one mail of a kind to an address. */
    async tokenFor(email: string, kind: string): Promise<string> {
      const [token, ...others] = await tokensFor(email, kind)
      if (!token || others.length > 0) throw new Error(`There is not one mail of the kind ${kind}`)
      return token
    },
    /** Uses all links of a kind to an address: one works, and ends the others. Which one, an id decides. */
    async useLinks(email: string, kind: string, use: (token: string) => Promise<number>): Promise<void> {
      const statuses: number[] = []
      for (const token of await tokensFor(email, kind)) statuses.push(await use(token))
      const [done, ...refused] = statuses.toSorted()
      expect(done).toBe(204)
      expect(new Set(refused)).toEqual(new Set(refused.length > 0 ? [400] : []))
    },
    /** Lets the time pass that a client waits before it tries again, for the probe of `/ready`. */
    wait: (seconds: number) => {
      waited.milliseconds += seconds * 1000
    },
    /** The status of a request as somebody. */
    async status(...request: Parameters<typeof send>): Promise<number> {
      return (await send(...request)).status
    },
    async me(pair: { access_token: string }): Promise<number> {
      return (await send('GET', '/users/me', undefined, pair)).status
    },
    async refresh({ refresh_token }: Pick<TokenPair, 'refresh_token'>): Promise<Response> {
      return await send('POST', '/refresh', { refresh_token })
    },
  }
}

export type World = Awaited<ReturnType<typeof createWorld>>
export type Somebody = Awaited<ReturnType<World['person']>>

/** A request as somebody with a JSON body or none, for `Prepared`. */
export function as(
  bearer: { access_token: string },
  method: string,
  path: string,
  body?: unknown,
): [string, Sent] {
  const sent = body === undefined ? {} : jsonBody(body)
  return [path, { ...sent, method, headers: { ...sent.headers, ...authorization(bearer) } }]
}

/** A request as nobody. */
export function asNobody(method: string, path: string, body?: unknown): [string, Sent] {
  return [path, { ...(body === undefined ? {} : jsonBody(body)), method }]
}

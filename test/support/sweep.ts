import { canary, jarOf, type Marked } from './canaries.ts'
import { authorization, type Sent } from './requests-as.ts'
import { type createTestApp, FRONTEND, type TokenPair } from './test-app.ts'

type App = Awaited<ReturnType<typeof createTestApp>>

/** One request and its response. */
export type Exchange = {
  who: Marked | null
  method: string
  path: string
  /** Path, headers and body as one string. */
  sent: string
  status: number
  headers: string
  body: string
  requestId: string | null
  tokens: string[]
}

/** Sends requests and records each exchange. */
export function createRecorder() {
  const exchanges: Exchange[] = []
  return {
    exchanges,
    async send(app: App, who: Marked | null, path: string, init: Sent = {}) {
      const headers = { ...(who && { 'User-Agent': who.userAgent }), ...init.headers }
      const response = await app.request(path, { ...init, headers })
      const copy = response.clone()
      const body = await response.text()
      const { body: sentBody = '' } = init
      const sentText = typeof sentBody === 'string' ? sentBody : new TextDecoder().decode(sentBody)
      exchanges.push({
        ...{ who, path, body },
        method: init.method ?? 'GET',
        sent: [path, JSON.stringify(headers), sentText].join('\n'),
        status: response.status,
        headers: JSON.stringify([...response.headers]),
        requestId: response.headers.get('X-Request-Id'),
        tokens: issuedTokens(response, body),
      })
      // Otherwise tokens of two requests could be equal only because the clock stands still.
      app.clock.now = new Date(app.clock.now.getTime() + 1000)
      return copy
    },
  }
}

export type Recorder = ReturnType<typeof createRecorder>

function issuedTokens(response: Response, body: string): string[] {
  const cookies = response.headers.getSetCookie().map((cookie) => cookie.split(/[=;]/)[1] ?? '')
  const isJson = response.headers.get('Content-Type') === 'application/json'
  const parsed = (isJson ? JSON.parse(body) : {}) as Partial<TokenPair>
  return [...cookies, parsed.access_token ?? '', parsed.refresh_token ?? ''].filter(Boolean)
}

export const json = (body: unknown, headers: Record<string, string> = {}): Sent => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json', ...headers },
  body: JSON.stringify(body),
})

export type Credentials = { access_token: string; refresh_token: string; jar: string }

/** A new session, as tokens and as cookies, for requests that may end it. */
export async function openSession({ send }: Recorder, app: App, who: Marked): Promise<Credentials> {
  const { email, password } = who.registration
  const pair = (await (await send(app, who, '/login', json({ email, password }))).json()) as TokenPair
  const origin = { Origin: FRONTEND }
  const cookies = await send(app, who, '/login?use_cookies=true', json({ email, password }, origin))
  if (!cookies.ok || !pair.access_token) throw new Error('Signing in failed')
  return { ...pair, jar: jarOf(cookies) }
}

export type Route = { method: string; path: string }

export function routesOf({ app }: App): Route[] {
  const named = app.routes.filter(({ method }) => method !== 'ALL')
  return [...new Map(named.map(({ method, path }) => [`${method} ${path}`, { method, path }])).values()]
}

/** A valid body for a route; `null` if it takes none. */
function properBody({ method, path }: Route, who: Marked, refresh_token: string): object | null {
  const { registration, newPassword } = who
  const { email, password, full_name } = registration
  const bodies: Record<string, object> = {
    'POST /users': registration,
    'POST /login': { email, password },
    'POST /refresh': { refresh_token },
    'POST /logout': { refresh_token },
    'PATCH /users/me': { full_name },
    'DELETE /users/me': { password },
    'PATCH /users/:id{[1-9][0-9]*}': { full_name },
    'PUT /users/:id{[1-9][0-9]*}/roles': { roles: ['user'] },
    'PUT /roles/:name': { description: full_name, permissions: [] },
    'POST /password-resets': { email },
    'POST /password-resets/confirm': { token: canary(), new_password: newPassword },
    'POST /email-verifications/confirm': { token: canary() },
    'POST /email-verifications/reject': { token: canary() },
    'POST /email-verifications/undo': { token: canary() },
    'POST /users/me/email': { new_email: `${canary()}@example.com`, password },
    'POST /users/me/password': { current_password: password, new_password: newPassword },
  }
  return bodies[`${method} ${path.replace(/^\/auth/, '')}`] ?? null
}

/** Fills the parameters of a path; those that take only digits, with an id that no account has. */
const fill = (path: string, value: string) =>
  path.replace(/:\w+\{\[1-9\].*\}/, '2147483647').replaceAll(/:\w+(\{.*\})?/g, value)

/** A valid request to a route. */
export function properRequest(route: Route, who: Marked, session: Credentials): [string, Sent] {
  const body = properBody(route, who, session.refresh_token)
  const headers = authorization(session)
  const { method } = route
  const init = body ? json(body, headers) : { headers }
  return [fill(route.path, crypto.randomUUID()), { ...init, method }]
}

/** Invalid requests to a route, each with a secret in a place where none belongs. */
export function hostileRequests(route: Route, who: Marked, session: Credentials): [string, Sent][] {
  const { registration } = who
  const { password, email } = registration
  const { access_token, refresh_token, jar } = session
  const { method } = route
  const path = fill(route.path, canary())
  const signedIn: Record<string, string>[] = [
    { ...authorization(access_token), Cookie: jar, Origin: FRONTEND },
    { ...authorization(canary()), Cookie: `lumascope_8000_device=${canary()}` },
    { Cookie: `lumascope_8000_access=${canary()}; lumascope_8000_refresh=${canary()}`, Origin: FRONTEND },
    { Authorization: `Basic ${btoa(`${canary()}:${canary()}`)}`, Referer: `http://${canary()}/` },
    { Cookie: jar, Origin: `https://${canary()}.example`, Accept: canary(), 'X-Forwarded-For': canary() },
  ]
  const bodies: [string, string | Uint8Array<ArrayBuffer>][] = [
    // Truncated after the password.
    ['application/json', `{"email":"${email}","password":${JSON.stringify(password)},`],
    [
      'application/json',
      JSON.stringify({ ...registration, password: [password], [canary()]: refresh_token }),
    ],
    ['application/json', JSON.stringify([password, access_token])],
    [
      'application/json',
      JSON.stringify({ email: `${canary()}\n"\u001b[31m%s`, password, refresh_token: canary() }),
    ],
    ['application/json', new Uint8Array([...new TextEncoder().encode(`{"password":"${password}`), 0xff])],
    // The part of the password after `&` becomes the name of a field.
    ['application/x-www-form-urlencoded', `email=${email}&password=${password}`],
    ['application/x-www-form-urlencoded', `email=${email}&password=${password}%ff`],
    [
      'multipart/form-data; boundary=x',
      `--x\r\nContent-Disposition: form-data; name="${password}"\r\n\r\n${password}`,
    ],
    [`text/${canary()}`, password],
  ]
  const queries = [
    `?access_token=${access_token}&token=${refresh_token}&use_cookies=${canary()}&cursor=${canary()}`,
    `?use_cookies=true&password=${encodeURI(password)}`,
  ]
  const [working = {}, ...others] = signedIn
  const send = (headers: Record<string, string>, query: string, [type, body]: (typeof bodies)[number]) => {
    const init: Sent =
      method === 'GET' ? { headers } : { headers: { ...headers, 'Content-Type': type }, body }
    return [path + query, { method, ...init }] as [string, Sent]
  }
  const [first = ['', '']] = bodies
  return [
    ...(method === 'GET' ? [first] : bodies).map((body) => send(working, '', body)),
    ...others.map((headers) => send(headers, '', first)),
    ...queries.map((query) => send(working, query, first)),
  ]
}

import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, expect, inject, test } from 'vitest'
import { applyMigrations } from '../local/migrate.ts'
import { createNeonEndpoint, serveNeonEndpoint } from '../local/neon-endpoint.ts'
import { postgresPool } from '../local/pools.ts'
import { createApp, jobs } from '../src/app.ts'
import { parseConfig } from '../src/config/parse-config.ts'
import type { AppDeps } from '../src/deps.ts'
import { makeDeps } from '../src/make-deps.ts'
import { runFrequent, runHourly } from '../src/schedule/run-scheduled.ts'
import { root, start } from './support/process.ts'
import { requestsAs } from './support/requests-as.ts'
import { assets, databaseFetch } from './support/runtime-node.ts'

/** Of another name than in the code: a table that a statement names without its schema is not found. */
const SCHEMA = 'own_auth'
const control = inject('databasesUrl')
const created = await fetch(`${control}/postgres`, { method: 'POST' })
const other = (await created.json()) as { name: string; serverUrl: string }
const admin = postgresPool(other.serverUrl)
const name = `least_privilege_${process.pid}`
await admin.query(`create database ${name}`)
const serverUrl = Object.assign(new URL(other.serverUrl), { pathname: `/${name}` }).href

/** The statements that docs/deploy.md asks operators for, with a name and a password of this run's. */
const role = `auth_app_${name}`
const password = randomBytes(24).toString('hex')
const [, documented = ''] =
  /```sql\n(\s*create role [\s\S]*?)```/.exec(readFileSync(`${root}docs/deploy.md`, 'utf8')) ?? []
const owner = postgresPool(serverUrl)
await applyMigrations(owner, { schema: SCHEMA })
const statements = documented.replaceAll('auth_app', role).replace(/\blumascope\b/g, SCHEMA)
await owner.query(statements.replace("password '…'", `password '${password}'`))

const url = new URL(serverUrl)
url.username = role
url.password = password
const application = postgresPool(url.href)
const endpoint = await serveNeonEndpoint(createNeonEndpoint({ poolFor: () => application }), { port: 0 })
afterAll(async () => {
  await endpoint.close()
  await application.end()
  await owner.end()
  await admin.query(`drop database ${name} with (force)`)
  await admin.query(`drop role ${role}`)
  await admin.end()
  await fetch(`${control}/${other.name}`, { method: 'DELETE' })
})

const secret = () => randomBytes(48).toString('base64')
const config = parseConfig({
  DATABASE_URL: `postgresql://${role}:${password}@localhost:${endpoint.port}/${name}`,
  DATABASE_SCHEMA: SCHEMA,
  PUBLIC_URL: 'http://localhost:8000',
  JWT_SECRET: secret(),
  AUTH_SECRETS: secret(),
})
const log: Parameters<AppDeps['log']>[0][] = []
const deps: AppDeps = {
  ...makeDeps(config, {
    ...{ assets, databaseFetch, floodLimiter: null },
    clientAddress: () => '203.0.113.7',
    isPlainHttp: () => false,
    hashing: { running: 1000 },
  }),
  log: (entry) => void log.push(entry),
}
const app = createApp(deps)

type Tokens = { access_token: string; refresh_token: string }
/** Sends a request that has to succeed. */
async function send(
  request: `${string} /${string}`,
  { token, body }: { token?: string; body?: object } = {},
) {
  const [method = '', path = ''] = request.split(' ')
  const response = token
    ? await requestsAs(app.request, token).send(method, path, body)
    : await app.request(path, {
        method,
        ...(body && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
      })
  const text = await response.text()
  expect(response.ok, `${request} ${response.status} ${text}`).toBe(true)
  return (text ? JSON.parse(text) : null) as unknown
}

const register = async (username: string) => {
  const account = { email: `${username}@example.com`, password: `correct horse ${username}` }
  const body = { username, full_name: username, ...account }
  const { id } = (await send('POST /users', { body })) as { id: number }
  return { id, ...account }
}
const signIn = async (body: { email: string; password: string }) => {
  const { email, password } = body
  return (await send('POST /login', { body: { email, password } })) as Tokens
}

async function ownAccount() {
  const ada = await register('ada')
  const wrong = { email: ada.email, password: 'wrong' }
  const headers = { 'Content-Type': 'application/json' }
  const refused = await app.request('/login', { method: 'POST', headers, body: JSON.stringify(wrong) })
  expect(refused.status).toBe(401)
  const { refresh_token } = await signIn(ada)
  const { access_token: token } = (await send('POST /refresh', { body: { refresh_token } })) as Tokens
  await send('GET /users/me', { token })
  await send('GET /auth/me', { token })
  await send('PATCH /users/me', { token, body: { full_name: 'Ada Lovelace' } })
  const changed = 'another battery staple'
  const change = { current_password: ada.password, new_password: changed }
  await send('POST /users/me/password', { token, body: change })
  const { access_token: next } = await signIn({ ...ada, password: changed })
  const { items } = (await send('GET /users/me/sessions', { token: next })) as { items: { id: string }[] }
  const other = await signIn({ ...ada, password: changed })
  expect(items.length).toBeGreaterThan(0)
  const [session] = items
  await send(`DELETE /users/me/sessions/${session?.id}`, { token: other.access_token })
  await send('DELETE /users/me/sessions', { token: other.access_token })
  const last = await signIn({ ...ada, password: changed })
  await send('GET /users/me/events', { token: last.access_token })
  await send('POST /logout', { body: { refresh_token: last.refresh_token } })
  const leaving = await signIn({ ...ada, password: changed })
  await send('DELETE /users/me', { token: leaving.access_token, body: { password: changed } })
}

const mailedTo = async (to: string, kind: string) => {
  const { items } = (await send(`GET /dev/mail?to=${to}`)) as { items: { kind: string; text: string }[] }
  const text = items.find((item) => item.kind === kind)?.text ?? ''
  return /#token=([\w-]+)/.exec(text)?.[1]
}

async function recovery() {
  const ida = await register('ida')
  await send('POST /password-resets', { body: { email: ida.email } })
  const password = 'another battery staple'
  const reset = { token: await mailedTo(ida.email, 'password_reset'), new_password: password }
  await send('POST /password-resets/confirm', { body: reset })
  const { access_token: token } = await signIn({ ...ida, password })
  await send('POST /email-verifications', { token })
  const change = { new_email: 'ida-new@example.com', password }
  await send('POST /users/me/email', { token, body: change })
  const body = { token: await mailedTo(change.new_email, 'email_change') }
  await send('POST /email-verifications/confirm', { body })
  const undo = { token: await mailedTo(ida.email, 'email_changed') }
  await send('POST /email-verifications/undo', { body: undo })
  const eve = await register('eve')
  const rejected = { token: await mailedTo(eve.email, 'email_verification') }
  await send('POST /email-verifications/reject', { body: rejected })
  await send('DELETE /dev/mail')
}

async function administration() {
  const root = await register('grace')
  const granted = start('cli/users.ts', {
    env: { DATABASE_URL: url.href, DATABASE_SCHEMA: SCHEMA },
    args: ['grant', root.email, 'admin'],
  })
  expect(await granted.exited, granted.output()).toBe(0)
  const { access_token: token } = await signIn(root)
  const { id } = await register('alan')
  await send('GET /users?query=al', { token })
  await send(`GET /users/${id}`, { token })
  await send(`PATCH /users/${id}`, { token, body: { status: 'disabled', disabled_reason: 'Spam' } })
  await send(`PATCH /users/${id}`, { token, body: { status: 'active' } })
  await send('GET /roles', { token })
  await send('PUT /roles/support', { token, body: { description: 'Support', permissions: ['users:read'] } })
  await send(`PUT /users/${id}/roles`, { token, body: { roles: ['user', 'support'] } })
  await send(`PUT /users/${id}/roles`, { token, body: { roles: ['user'] } })
  await send('DELETE /roles/support', { token })
  await send(`GET /users/${id}/sessions`, { token })
  await send(`DELETE /users/${id}/sessions`, { token })
  await send(`POST /users/${id}/password-reset`, { token })
  await send('GET /audit-events', { token })
  await send(`DELETE /users/${id}`, { token })
}

test('a role with DML rights alone runs everything that touches the database', async () => {
  await send('GET /ready')
  await ownAccount()
  await recovery()
  await administration()
  await runFrequent(deps, jobs)
  await runHourly(deps, jobs)
  expect(log.filter(({ event }) => event === 'schedule_failed' || event === 'request_failed')).toEqual([])
  expect(log.at(-1)).toMatchObject({ event: 'purged', sessions: 0, events: 0 })
  const answered = new Set(log.map(({ method, route }) => `${String(method)} ${String(route)}`))
  const databaseless = /^GET \/($|health|docs|openapi|problems|\.well-known)|\/auth\/(login|refresh|logout)$/
  const routes = app.routes
    .filter(({ method }) => method !== 'ALL')
    .map(({ method, path }) => `${method} ${path}`)
  expect(routes.filter((route) => !databaseless.test(route) && !answered.has(route))).toEqual([])
})

test.each([
  `create table ${SCHEMA}.mine (id int)`,
  'create table public.mine (id int)',
  'create schema mine',
  `drop table ${SCHEMA}.users`,
  `truncate ${SCHEMA}.users`,
  `alter table ${SCHEMA}.users add column mine int`,
  `create index on ${SCHEMA}.users (full_name)`,
  `select * from ${SCHEMA}.lumascope_migrations`,
  `copy ${SCHEMA}.users to program 'true'`,
  'create role another',
])('and is refused: %s', async (statement) => {
  await expect(application.query(statement)).rejects.toMatchObject({ code: '42501' })
})

test('objects of later migrations are granted as well', async () => {
  await owner.query(`create table ${SCHEMA}.later (id int generated by default as identity, what text)`)
  await application.query(`insert into ${SCHEMA}.later (what) values ('x')`)
  expect((await application.query(`select id, what from ${SCHEMA}.later`)).rows).toEqual([
    { id: '1', what: 'x' },
  ])
})

test('its statements end before the server gives up on them', async () => {
  const { rows } = await application.query('show statement_timeout')
  expect(rows).toEqual([{ statement_timeout: '2500ms' }])
})

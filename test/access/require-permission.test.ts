import { describe, expect, test } from 'vitest'
import authorization from '../../docs/authorization.md?raw'
import { PERMISSIONS } from '../../src/features.ts'
import { metadataOf } from '../../src/http/describe-route.ts'
import { administratorsOf } from '../support/administrators.ts'
import { createTestApp, payloadOf } from '../support/test-app.ts'

const tested = await createTestApp()
const { app, database, request, as, register, openSession } = tested
const { appoint, allow, ask, createRole, give } = administratorsOf(tested)
const permissions = Object.keys(PERMISSIONS)

const rowsOf = (pattern: RegExp) =>
  [...authorization.matchAll(pattern)].map(
    ([, route = '', who = '']) => [route, who.replaceAll('`', '')] as const,
  )

/** The matrix of the documentation: who may call a route, by its name. */
const matrix = new Map(rowsOf(/^\| `([A-Z]+ \/[^`]*)` \| (.+) \|$/gm))

/** The rows that take the place of others while registration is closed. */
const whileClosed = rowsOf(/^\| `([A-Z]+ \/[^`]*)` while `REGISTRATION=closed` \| (.+) \|$/gm)

/** What routes say of themselves, in the same words. */
function declaredBy({ routes }: Pick<typeof app, 'routes'>): Map<string, string> {
  const found = routes
    .filter((route) => route.method !== 'ALL')
    .map(({ method, path, handler }) => {
      const { access, permission } = metadataOf(handler)
      return [nameOf(method, path), permission ?? (access === 'user' ? 'signed in' : access)] as const
    })
  return new Map(found.flatMap(([name, who]) => (who ? [[name, who] as const] : [])))
}

function nameOf(method: string, path: string): string {
  return `${method} ${path.replace(/:(\w+)(\{.*\})?/g, '{$1}')}`
}

const declared = declaredBy(app)
const patterns = new Map(
  app.routes.filter(({ method }) => method !== 'ALL').map(({ method, path }) => [nameOf(method, path), path]),
)

/** The request that a route is there for, about somebody and something that don't exist. */
const BODIES: Record<string, object> = {
  'PATCH /users/me': { full_name: 'Somebody' },
  'DELETE /users/me': { password: 'not the password' },
  'POST /users/me/password': { current_password: 'not the password', new_password: 'correct horse battery' },
  'POST /users/me/email': { new_email: 'somebody-new@example.com', password: 'not the password' },
  'PATCH /users/{id}': { full_name: 'Somebody' },
  'PUT /users/{id}/roles': { roles: [] },
}
const call = (route: string, caller: { access_token: string }, parameter = '2147483647') => {
  const [method = '', path = ''] = route.split(' ')
  // A role that is refused for its name, whoever asks.
  const body = route === 'PUT /roles/{name}' ? { description: 'Nobody', permissions: [] } : BODIES[route]
  return ask(caller, method, path.replace(/\{\w+\}/, path.includes('{name}') ? 'A' : parameter), body)
}
const REFUSED = ['unauthenticated', 'invalid_token', 'forbidden']

test('every route is in the matrix of docs/authorization.md, as it declares itself (row 64)', () => {
  expect(Object.fromEntries([...matrix].sort())).toEqual(Object.fromEntries([...declared].sort()))
  expect(patterns.size).toBe(matrix.size)
})

test('while registration is closed, the rows that say so hold, and all others', async () => {
  const closed = await createTestApp({ database, variables: { REGISTRATION: 'closed' } })
  expect(whileClosed.length).toBeGreaterThan(0)
  const expected = new Map([...matrix, ...whileClosed])
  expect(Object.fromEntries(declaredBy(closed.app))).toEqual(Object.fromEntries(expected))
})

test('every permission is documented, and admin has all of them', async () => {
  const documented = [...authorization.matchAll(/^\| `([a-z]+:[a-z]+)` \|/gm)].map(([, name]) => name)
  expect(documented).toEqual(permissions)
  const rows = await database.sql("select permission from role_permissions where role_name = 'admin'")
  expect(rows.map(({ permission }) => permission).sort()).toEqual([...permissions].sort())
  // What `user` may do, everybody may.
  expect(await database.sql("select from role_permissions where role_name = 'user'")).toEqual([])
})

test('every permission opens some route, and no route asks for another', () => {
  const asked = new Set([...declared.values()].filter((who) => who.includes(':')))
  expect([...asked].sort()).toEqual([...permissions].sort())
})

const guarded = [...matrix].filter(([, who]) => who !== 'anyone')
const privileged = guarded.filter(([, who]) => who !== 'signed in')
const alone = new Map<string, { access_token: string }>()
const allBut = new Map<string, { access_token: string }>()
for (const permission of permissions) {
  alone.set(permission, await allow(permission))
  allBut.set(permission, await allow(...permissions.filter((other) => other !== permission)))
}
const admin = await appoint('admin')
const user = await appoint()
const withoutRoles = await appoint()
await database.sql('delete from user_roles where user_id = $1', [withoutRoles.id])
const withEmptyRole = await appoint(await createRole())

describe('the matrix, route by route', () => {
  test.each(guarded)('%s is closed to nobody, without a query (row 64)', async (route) => {
    const [method = '', path = ''] = route.split(' ')
    await database.roundTrips()
    const response = await request(path.replace(/\{\w+\}/, '1'), { method })
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ code: 'unauthenticated' })
    expect(await database.roundTrips()).toEqual([])
  })

  test.each(guarded.filter(([, who]) => who === 'signed in'))(
    '%s is open to everybody who is signed in',
    async (route) => {
      for (const names of [[], ['admin'], [await createRole('audit:read')]]) {
        const { status, body } = await call(route, await appoint(...names))
        expect(REFUSED, `${status}`).not.toContain(body?.['code'])
        expect(status).not.toBe(500)
      }
    },
  )

  test.each(privileged)(
    '%s needs %s: no other will do, and the guard’s query says so (row 64)',
    async (route, needed) => {
      const outsiders = [
        ...[user, withoutRoles, withEmptyRole, allBut.get(needed)],
        ...[...alone].filter(([permission]) => permission !== needed).map(([, caller]) => caller),
      ]
      for (const outsider of outsiders) {
        await database.roundTrips()
        const { status, body, headers } = await call(route, outsider as { access_token: string })
        expect([status, body['code']]).toEqual([403, 'forbidden'])
        expect(body['detail']).toBe(`The permission ${needed} is needed.`)
        expect(headers.get('WWW-Authenticate')).toBe('Bearer realm="LumaScope", error="insufficient_scope"')
        // The guard's, and the one that puts the refusal on record: nothing else was read or written.
        const [, [record = ''] = [], ...more] = await database.roundTrips()
        expect(record).toMatch(/^\s*with "refused" as \(/)
        expect(more).toEqual([])
      }
      for (const insider of [alone.get(needed), admin]) {
        const { status, body } = await call(route, insider as { access_token: string })
        expect(REFUSED).not.toContain(body?.['code'])
        expect([200, 404, 422]).toContain(status)
      }
    },
  )

  test('a refusal says the same whether the id exists or not (row 66)', async () => {
    const target = await register()
    for (const [route] of privileged.filter(([name]) => name.includes('{id}'))) {
      const answers = await Promise.all(
        [String(target.id), '2147483647', '99999999999999'].map((id) => call(route, user, id)),
      )
      const bodies = answers.map(({ status, body: { instance: _, ...body } }) => ({ status, body }))
      expect(bodies[1]).toEqual(bodies[0])
      expect(bodies[2]).toEqual(bodies[0])
    }
  })

  test('somebody else’s session and event answer like ones that never were (row 66)', async () => {
    const other = await appoint()
    const { sid } = payloadOf(other.access_token)
    const [event] = (await ask(other, 'GET', '/users/me/events')).body.items
    const time = tested.clock.now.getTime()
    const pairs = [
      ['DELETE', '/users/me/sessions/', String(sid), crypto.randomUUID()],
      [
        'GET',
        `/users/me/events?cursor=${time}.`,
        String(event?.['id']),
        String(Number(event?.['id']) + 1_000_000),
      ],
    ] as const
    for (const [method, path, theirs, nobodys] of pairs) {
      const answers = [
        await ask(withoutRoles, method, path + theirs),
        await ask(withoutRoles, method, path + nobodys),
      ]
      const [one, two] = answers.map(({ status, body: { instance: _, ...body } }) => ({ status, body }))
      expect(one).toEqual(two)
    }
    expect((await ask(other, 'GET', '/users/me')).status).toBe(200)
  })

  test('who may look gets one 404 for every id that is nobody’s (row 66)', async () => {
    for (const [route] of privileged.filter(([name]) => name.includes('{id}'))) {
      for (const id of ['2147483647', '2147483648', '99999999999999999999']) {
        expect((await call(route, admin, id)).body, `${route} ${id}`).toMatchObject({
          status: 404,
          code: 'not_found',
        })
      }
      for (const id of ['0', '01', '-1', '1.0', '1e3', 'x', '１'])
        expect((await call(route, admin, id)).status, `${route} ${id}`).toBe(404)
    }
  })
})

describe('rights are today’s', () => {
  test('a demoted administrator is refused with the next request and the old token (row 67)', async () => {
    const other = await appoint('admin')
    const demoted = await appoint('admin')
    expect((await ask(demoted, 'GET', '/users')).status).toBe(200)
    expect((await ask(other, 'PUT', `/users/${demoted.id}/roles`, { roles: ['user'] })).status).toBe(200)
    const refused = await ask(demoted, 'GET', '/users')
    expect([refused.status, refused.body['code']]).toEqual([403, 'forbidden'])
    // The session itself goes on, and tokens say what is when they are refreshed.
    expect((await ask(demoted, 'GET', '/users/me')).body['roles']).toEqual(['user'])
    expect(payloadOf(demoted.access_token)['roles']).toEqual(['admin', 'user'])
    const next = await tested.post('/refresh', { refresh_token: demoted.refresh_token })
    const { access_token } = (await next.json()) as { access_token: string }
    expect(payloadOf(access_token)).toMatchObject({ roles: ['user'] })
    expect(payloadOf(access_token)).not.toHaveProperty('scope')
  })

  test('a promoted user is let in with the old token', async () => {
    const promoted = await appoint()
    expect((await ask(promoted, 'GET', '/users')).status).toBe(403)
    await give(promoted.id, 'admin')
    expect((await ask(promoted, 'GET', '/users')).status).toBe(200)
  })

  test('a change of a role applies at once to everybody who has it', async () => {
    const name = await createRole('users:read')
    const [one, two] = [await appoint(name), await appoint(name)]
    await ask(admin, 'PUT', `/roles/${name}`, { description: 'Less', permissions: ['roles:read'] })
    for (const holder of [one, two]) {
      expect((await ask(holder, 'GET', '/users')).status).toBe(403)
      expect((await ask(holder, 'GET', '/roles')).status).toBe(200)
    }
  })

  test('headers, queries and bodies that claim a role change nothing', async () => {
    const headers = { 'X-Role': 'admin', Role: 'admin', Scope: 'users:read' }
    for (const path of ['/users', '/users?role=admin', '/users?scope=users:read', '/users?roles=admin'])
      expect((await as(user).get(path, headers)).status, path).toBe(403)
    const login = await tested.post('/login', {
      email: user.email,
      password: user.password,
      scope: 'users:read',
    })
    const { access_token } = (await login.json()) as { access_token: string }
    expect(payloadOf(access_token)).not.toHaveProperty('scope')
  })
})

test('tokens carry roles, and permissions as scope, once each and only if there are any', async () => {
  const overlapping = await appoint(
    await createRole('users:read', 'audit:read'),
    await createRole('users:read'),
  )
  const claims = payloadOf(overlapping.access_token)
  expect(claims['scope']).toBe('audit:read users:read')
  expect(claims['roles']).toHaveLength(3)
  expect(payloadOf(admin.access_token)['scope']).toBe([...permissions].sort().join(' '))
  const { access_token } = await openSession(await register())
  expect(payloadOf(access_token)).toMatchObject({ roles: ['user'] })
  expect(payloadOf(access_token)).not.toHaveProperty('scope')
})

test('the guard is one round trip', async () => {
  await database.roundTrips()
  await ask(admin, 'GET', '/roles')
  expect(await database.roundTrips()).toHaveLength(2)
})

import { describe, expect, test } from 'vitest'
import { administratorsOf } from '../support/administrators.ts'
import { aroundStatements } from '../support/around-statements.ts'
import { createTestApp, DEFAULT_LIMITS } from '../support/test-app.ts'

const app = await createTestApp()
const { register, signIn, as, database, me } = app
const { appoint, allow } = administratorsOf(app)
const admin = await appoint('admin')
const person = await register()
const token = await signIn(person)

type Shown = { user_metadata: unknown; app_metadata: unknown; updated_at: string }
type Refused = { code: string; errors: { pointer: string; code: string; detail: string }[] }

const patch = (user_metadata: unknown) => as(token).send('PATCH', '/users/me', { user_metadata })
const patchApp = (app_metadata: unknown) => as(admin).send('PATCH', `/users/${person.id}`, { app_metadata })
const shown = async () => (await (await me(token)).json()) as Shown
const stored = async () =>
  (await database.sql('select user_metadata, app_metadata from users where id = $1', [person.id]))[0]
const reset = () =>
  database.sql(`update users set user_metadata = '{}', app_metadata = '{}' where id = $1`, [person.id])

/** Objects inside each other, the outermost included. */
const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) })
/** The same, with the innermost object. */
const nestedWith = (depth: number, inner: object): object =>
  depth === 1 ? inner : { a: nestedWith(depth - 1, inner) }
/** Metadata of so many bytes as JSON. */
const ofBytes = (bytes: number) => ({ text: 'x'.repeat(bytes - JSON.stringify({ text: '' }).length) })

describe('a merge patch (RFC 7396)', () => {
  // The examples of the RFC's appendix A whose document and patch are objects.
  test.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [{ a: 'foo' }, {}, { a: 'foo' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
    [{ a: [1, { b: null }] }, { c: [null] }, { a: [1, { b: null }], c: [null] }],
    [{ a: 1 }, { a: { b: { c: { d: false } } } }, { a: { b: { c: { d: false } } } }],
    [
      { '': 1, 'a/b': 2, 'ä {}': '"\\' },
      { '': null, 'a/b': { '0': '\n' } },
      { 'a/b': { '0': '\n' }, 'ä {}': '"\\' },
    ],
    // As deep as they may be, objects are merged and not replaced.
    [nestedWith(8, { x: 1, y: 1 }), nestedWith(8, { x: null, z: 2 }), nestedWith(8, { y: 1, z: 2 })],
  ])('%j merged with %j is %j', async (before, change, after) => {
    for (const [send, member] of [
      [patch, 'user_metadata'],
      [patchApp, 'app_metadata'],
    ] as const) {
      await reset()
      await database.sql(`update users set ${member} = $2::jsonb where id = $1`, [
        person.id,
        JSON.stringify(before),
      ])
      const response = await send(change)
      expect(response.status).toBe(200)
      expect(((await response.json()) as Shown)[member]).toEqual(after)
      expect((await shown())[member]).toEqual(after)
    }
  })

  test('of different members at the same time, none is lost', async () => {
    await reset()
    const names = Array.from({ length: 20 }, (_, index) => `m${index}`)
    await Promise.all(names.map((name) => patch({ [name]: name, nested: { [name]: 1 } })))
    const { user_metadata } = await shown()
    expect(user_metadata).toEqual({
      ...Object.fromEntries(names.map((name) => [name, name])),
      nested: Object.fromEntries(names.map((name) => [name, 1])),
    })
  })

  test('that changes nothing writes nothing and records nothing', async () => {
    await reset()
    await patch({ theme: 'dark' })
    const before = await shown()
    const events = () => database.sql(`select id from audit_events where user_id = $1`, [person.id])
    const recorded = (await events()).length
    app.clock.now = new Date(app.clock.now.getTime() + 1000)
    expect((await patch({ theme: 'dark' })).status).toBe(200)
    expect(await shown()).toEqual(before)
    expect(await events()).toHaveLength(recorded)
  })
})

/** Sent as text where `JSON.stringify` could not write it. */
const REFUSED: [name: string, value: unknown, pointer: string][] = [
  ['4,097 bytes', ofBytes(4097), ''],
  ['4,097 bytes of characters of three', { text: `${'\u6771'.repeat(1362)}` }, ''],
  ['depth 9', nested(9), '/a/a/a/a/a/a/a/a'],
  ['depth 9 in arrays', { a: [[[[[[[[1]]]]]]]] }, '/a/0/0/0/0/0/0/0'],
  ['depth 5,000', `${'{"a":'.repeat(2500)}1${'}'.repeat(2500)}`, '/a/a/a/a/a/a/a/a'],
  ['__proto__', '{"__proto__":{"isAdmin":true}}', '/__proto__'],
  ['__proto__ inside', '{"a":[{"__proto__":1}]}', '/a/0/__proto__'],
  ['a constructor’s prototype', '{"constructor":{"prototype":{"isAdmin":true}}}', '/constructor'],
  ['an array', [], ''],
  ['a string', 'x', ''],
  ['null', null, ''],
  ['NUL in a string', { a: 'x\0' }, '/a'],
  ['NUL in a name', { 'a\0': 1 }, '/a\0'],
  // Names that V8 may read as another: see `check-metadata.ts`.
  ['a line break as a name', '{"\\n":1}', '/\n'],
  ['a quotation mark in a name', { 'a"': 1 }, '/a"'],
  ['a backslash in a name', { a: { '\\': 1 } }, '/a/\\'],
  ['half a character', '{"a":"\\ud800"}', '/a'],
  ['a number beyond all numbers', '{"a":1e999}', '/a'],
  ['a whole number that is rounded', '{"a":12345678901234567890}', '/a'],
]

describe.each([
  ['user_metadata', () => ['PATCH', '/users/me', token] as const],
  ['app_metadata', () => ['PATCH', `/users/${person.id}`, admin] as const],
])('%s is refused as a whole', (member, route) => {
  test.each(REFUSED)('%s: 422, and nothing is changed (row 112)', async (_, value, pointer) => {
    await reset()
    const [method, path, bearer] = route()
    const text = typeof value === 'string' && value !== 'x' ? value : JSON.stringify(value)
    const response = await as(bearer).send(method, path, `{"full_name":"Changed","${member}":${text}}`)
    expect(response.status).toBe(422)
    const { code, errors } = (await response.json()) as Refused
    expect(code).toBe('validation_failed')
    expect(errors).toHaveLength(1)
    expect(errors[0]?.pointer).toBe(`/${member}${pointer}`)
    expect(await stored()).toEqual({ user_metadata: '{}', app_metadata: '{}' })
    const [row] = await database.sql('select full_name from users where id = $1', [person.id])
    expect(row?.['full_name']).toBe(person.full_name)
    expect(({} as Record<string, unknown>)['isAdmin']).toBeUndefined()
  })

  test('4,096 bytes, depth 8 and every other JSON value are kept as they are', async () => {
    const [method, path, bearer] = route()
    const values = [
      ofBytes(4096),
      nested(8),
      { text: '\u6771'.repeat(1361) },
      { spaces: `, : " \\ ${', '.repeat(2025)}`, n: -0.5 },
      { constructor: 1, prototype: {}, toString: [], a: [null, true, 1.5e-7, 9007199254740991, '\u{1f600}'] },
    ]
    for (const value of values) {
      await reset()
      const response = await as(bearer).send(method, path, { [member]: value })
      expect(response.status).toBe(200)
      expect(((await response.json()) as Record<string, unknown>)[member]).toEqual(value)
    }
  })

  test('what is too large already, by SQL, can be made smaller in steps', async () => {
    await database.sql(`update users set ${member} = $2::jsonb where id = $1`, [
      person.id,
      JSON.stringify({ a: 'x'.repeat(3000), b: 'x'.repeat(3000), c: 'x'.repeat(3000) }),
    ])
    const [method, path, bearer] = route()
    const send = (value: unknown) => as(bearer).send(method, path, { [member]: value })
    expect((await send({ d: 1 })).status).toBe(422)
    expect((await send({ a: null })).status).toBe(200)
    expect((await send({ b: null, d: 1 })).status).toBe(200)
    expect(Object.keys(JSON.parse((await stored())?.[member] ?? '{}')).sort()).toEqual(['c', 'd'])
  })

  test('bytes are counted, not characters, after the merge too', async () => {
    await reset()
    const [method, path, bearer] = route()
    const send = (value: unknown) => as(bearer).send(method, path, { [member]: value })
    expect((await send({ a: '\u6771'.repeat(700) })).status).toBe(200)
    expect((await send({ b: '\u6771'.repeat(700) })).status).toBe(422)
    expect((await send({ b: 'x'.repeat(1900) })).status).toBe(200)
  })

  test('the limit is for what is stored after the merge, not for what is sent', async () => {
    await reset()
    const [method, path, bearer] = route()
    const send = (value: unknown) => as(bearer).send(method, path, { [member]: value })
    expect((await send({ a: 'x'.repeat(2000), b: 'y'.repeat(2000) })).status).toBe(200)
    expect((await send({ c: 'z'.repeat(100) })).status).toBe(422)
    expect((await send({ c: 'z'.repeat(100), a: null })).status).toBe(200)
    expect(((await stored())?.[member] ?? '').length).toBeLessThan(2200)
  })
})

test('what is too large or wrong by itself costs no statement beyond the guard’s', async () => {
  await database.roundTrips()
  for (const value of [ofBytes(4097), nested(9), { a: 1e300 }]) expect((await patch(value)).status).toBe(422)
  expect(await database.roundTrips()).toHaveLength(3)
})

test('a hostile patch costs about as much as its length (row 112)', async () => {
  await reset()
  const removals = Object.fromEntries(Array.from({ length: 1190 }, (_, n) => [n.toString(36), null]))
  const sent: number[] = []
  const counting = await createTestApp({
    deps: {
      connect: aroundStatements(app.deps.connect, async (send, _, queries) => {
        sent.push(JSON.stringify(queries).length)
        return await send()
      }),
    },
  })
  const bearer = await counting.signIn(person)
  const hostile = { user_metadata: { [`${'x'.repeat(4000)}`]: removals } }
  const response = await counting.as(bearer).patch('/users/me', hostile)
  expect(response.status).toBe(200)
  expect(Math.max(...sent)).toBeLessThan(JSON.stringify(hostile).length + 20_000)
})

describe('who may write it', () => {
  test('a person writes no app_metadata, at registration neither (row 113)', async () => {
    await reset()
    const own = await as(token).send('PATCH', '/users/me', { app_metadata: { plan: 'pro' } })
    expect(own.status).toBe(422)
    expect(((await own.json()) as Refused).errors[0]).toMatchObject({
      pointer: '/app_metadata',
      code: 'unknown_member',
    })
    const registering = await app.post('/users', { ...person, email: 'x@example.com', app_metadata: {} })
    expect(registering.status).toBe(422)
    expect(await stored()).toEqual({ user_metadata: '{}', app_metadata: '{}' })
  })

  test('an administrator writes no user_metadata', async () => {
    const other = await as(admin).send('PATCH', `/users/${person.id}`, { user_metadata: {} })
    expect(other.status).toBe(422)
  })

  test('an administrator without users:write is refused, and nothing is written', async () => {
    await reset()
    const reader = await allow('users:read')
    const response = await as(reader).send('PATCH', `/users/${person.id}`, { app_metadata: { plan: 'pro' } })
    expect(response.status).toBe(403)
    expect(await stored()).toEqual({ user_metadata: '{}', app_metadata: '{}' })
  })

  test('both are on record by the names of the members, without their content', async () => {
    await reset()
    await patch({ secret: 'canary-metadata' })
    await patchApp({ secret: 'canary-metadata' })
    const events = await database.sql(
      `select details, actor_id from audit_events where type = 'profile_changed' and user_id = $1
       order by id desc limit 2`,
      [person.id],
    )
    expect(events.map(({ details }) => JSON.parse(details ?? ''))).toEqual([
      { members: ['app_metadata'] },
      { members: ['user_metadata'] },
    ])
    expect(events.map(({ actor_id }) => actor_id === String(person.id))).toEqual([false, true])
    const all = await database.sql(`select details from audit_events where details::text like '%canary%'`)
    expect(all).toEqual([])
  })
})

test('preferences may change often: only asking for usernames has the narrow limit', async () => {
  const limited = await createTestApp({
    variables: DEFAULT_LIMITS,
    deps: { clientAddress: () => '203.0.113.66' },
  })
  const ada = await limited.register()
  const bearer = await limited.signIn(ada)
  const send = (body: object) => limited.as(bearer).send('PATCH', '/users/me', body)
  for (let n = 0; n < 20; n++) expect((await send({ user_metadata: { n } })).status).toBe(200)
  for (let n = 0; n < 10; n++) expect((await send({ username: `ada-${n}` })).status).toBe(200)
  const refused = await send({ username: person.username, user_metadata: { n: 'last' } })
  expect(refused.status).toBe(429)
  expect(refused.headers.get('RateLimit-Policy')).toBe('"profile";q=10;w=3600')
  const now = (await (await limited.me(bearer)).json()) as Shown
  expect(now.user_metadata).toEqual({ n: 19 })
  // One's own shows nothing, whatever the case: forms send whole profiles.
  expect((await send({ username: 'ADA-9', full_name: 'Still Possible' })).status).toBe(200)
})

test('a taken username counts too, and an unacceptable request does not', async () => {
  const limited = await createTestApp({
    variables: { ...DEFAULT_LIMITS, LIMIT_PROFILE_ACCOUNT: '2/3600' },
    deps: { clientAddress: () => '203.0.113.67' },
  })
  const ada = await limited.register()
  const bearer = await limited.signIn(ada)
  const ask = async (username: unknown) =>
    (await limited.as(bearer).send('PATCH', '/users/me', { username })).status
  expect(await ask('!')).toBe(422)
  expect([await ask(person.username), await ask(person.username)]).toEqual([409, 409])
  expect(await ask(person.username)).toBe(429)
  expect(await ask('free-as-a-bird')).toBe(429)
  // Another session is the same account.
  const again = await limited.signIn(ada)
  expect((await limited.as(again).patch('/users/me', { username: 'another-bird' })).status).toBe(429)
})

import { describe, expect, test } from 'vitest'
import { administratorsOf } from '../support/administrators.ts'
import { createTestApp, createTestDatabase } from '../support/test-app.ts'

// Not shared with other files' people: lists show everybody.
const tested = await createTestApp({ database: await createTestDatabase() })
const { database, register } = tested
const { allow, ask, createRole, give } = administratorsOf(tested)

const reader = await allow('users:read')
const names = [
  ['ada', 'ada@example.com', 'Ada Lovelace'],
  ['countess', 'lovelace@engine.example', 'Augusta Ada King'],
  ['babbage', 'charles@engine.example', 'Charles Babbage'],
  ['Grace.Hopper', 'grace@navy.example', 'Grace Hopper'],
  ['zoe', 'zoe@example.org', 'Zoë Ångström'],
  ['percent', 'percent@example.org', '100% _real\\ name'],
  ['solo', 'solo@example.org', 'solo'],
] as const
const ids = new Map<string, number>()
for (const [username, email, full_name] of names)
  ids.set(username, (await register({ username, email, full_name })).id)

const list = async (parameters: Record<string, string> = {}) =>
  (await ask(reader, 'GET', `/users?${new URLSearchParams(parameters)}`)).body
const found = async (query: string, more: Record<string, string> = {}) =>
  (await list({ query, ...more })).items.map(({ username }) => username)
/** All pages, one after the other, and how long each was. */
async function pages(parameters: Record<string, string>) {
  const all: number[] = []
  const lengths: number[] = []
  let cursor: string | null = null
  do {
    const page = await list({ ...parameters, ...(cursor && { cursor }) })
    all.push(...page.items.map(({ id }) => id as number))
    lengths.push(page.items.length)
    cursor = page.next_cursor
  } while (cursor !== null)
  return { all, lengths }
}

test('shows an account with these members and no others', async () => {
  const [item] = (await list({ query: 'ada@example.com' })).items
  expect(item).toEqual({
    id: ids.get('ada'),
    username: 'ada',
    email: 'ada@example.com',
    full_name: 'Ada Lovelace',
    roles: ['user'],
    email_verified: false,
    user_metadata: {},
    app_metadata: {},
    created_at: tested.clock.now.toISOString(),
    updated_at: tested.clock.now.toISOString(),
    status: 'active',
    last_login_at: null,
    disabled_reason: null,
  })
})

describe('a search', () => {
  test.each([
    ['ada', ['ada']],
    ['ADA', ['ada']],
    ['  ada  ', ['ada']],
    ['lovelace', ['ada', 'countess']],
    ['king', ['countess']],
    ['augusta ada k', ['countess']],
    ['grace.h', ['Grace.Hopper']],
    ['g', ['Grace.Hopper']],
    ['hop', ['Grace.Hopper']],
    ['@engine', ['babbage', 'countess']],
    ['charles@engine.example', ['babbage']],
    ['zoë å', ['zoe']],
    ['ångs', ['zoe']],
    ['100%', ['percent']],
    ['100% _real\\', ['percent']],
    ['100_', []],
    ['%', []],
    ['_', []],
    ['*', []],
    ['solo', ['solo']],
    ['nobody', []],
    ["'; drop table users; --", []],
    ['x'.repeat(254), []],
    ['engine', []],
  ])('for %j finds %j, each once', async (query, expected) => {
    expect((await found(query)).sort()).toEqual([...expected].sort())
  })

  test('goes on after a name of any characters', async () => {
    const odd = ['odd \ufffd one', 'odd \ufffd two', '\u{1f600}odd', 'odd \u{10fffd}']
    const registered: number[] = []
    for (const full_name of odd) registered.push((await register({ full_name })).id)
    const { all } = await pages({ query: 'odd', limit: '1' })
    expect(new Set(all)).toEqual(new Set(registered.filter((_, index) => index !== 2)))
    expect(all).toHaveLength(3)
  })

  test('goes through all it finds by pages, each once and in one order', async () => {
    const crowd = await Promise.all(
      Array.from({ length: 23 }, (_, index) =>
        register({
          username: `crowd${index}`,
          email: `crowd${index}@crowd.example`,
          // The same text may be several of a user's keys.
          full_name: index % 3 === 0 ? `crowd${index}` : `Crowd Crowd${index % 2}`,
        }),
      ),
    )
    const { all: whole } = await pages({ query: 'crowd', limit: '100' })
    expect([...whole].sort()).toEqual(crowd.map(({ id }) => id).sort())
    for (const limit of ['1', '2', '7', '22', '23']) {
      const { all, lengths } = await pages({ query: 'crowd', limit })
      expect(all).toEqual(whole)
      expect(lengths.slice(0, -1).every((length) => length === Number(limit))).toBe(true)
      expect(lengths).toHaveLength(Math.ceil(23 / Number(limit)))
    }
    const { all } = await pages({ query: 'crowd', limit: '5', role: 'user', status: 'active' })
    expect(all).toEqual(whole)
  })
})

describe('a list', () => {
  test('goes through everybody by pages, by id, while others come and go', async () => {
    const everybody = (await database.sql('select id from users order by id')).map(({ id }) => Number(id))
    expect((await pages({ limit: '4' })).all).toEqual(everybody)
    const leaving = await register()
    const limit = String(everybody.length + 1)
    const staying = await register()
    const first = await list({ limit })
    expect(first.items.at(-1)).toMatchObject({ id: leaving.id })
    // Where a page ended is a place, whether its account is still there or not.
    await database.sql('delete from users where id = $1', [leaving.id])
    const arriving = await register()
    const second = await list({ limit, cursor: first.next_cursor ?? '' })
    expect(second.items.map(({ id }) => id)).toEqual([staying.id, arriving.id])
  })

  test('of a role, of a status, and of both', async () => {
    const role = await createRole('audit:read')
    const [one, two, three] = [await register(), await register(), await register()]
    for (const { id } of [one, two, three]) await give(id, role)
    await database.sql('update users set disabled_at = now() where id = $1', [two.id])
    const idsOf = async (parameters: Record<string, string>) => (await pages(parameters)).all
    expect(await idsOf({ role })).toEqual([one.id, two.id, three.id])
    expect(await idsOf({ role, limit: '1' })).toEqual([one.id, two.id, three.id])
    expect(await idsOf({ status: 'disabled' })).toEqual([two.id])
    expect(await idsOf({ role, status: 'active' })).toEqual([one.id, three.id])
    expect(await idsOf({ role, status: 'disabled' })).toEqual([two.id])
    expect(await idsOf({ role: 'admin' })).toEqual([])
    expect(await idsOf({ role, query: one.username })).toEqual([one.id])
    expect(await idsOf({ role, query: 'ada' })).toEqual([])
    expect(await idsOf({ status: 'disabled', query: two.email })).toEqual([two.id])
    expect(await idsOf({ status: 'disabled', query: one.email })).toEqual([])
    expect(await idsOf({ role: 'nobody-has-this' })).toEqual([])
    expect((await list({ status: 'disabled' })).items[0]).toMatchObject({ status: 'disabled' })
  })

  test('is one round trip beside the guard’s, also for a search with filters', async () => {
    for (const parameters of [{}, { query: 'a' }, { query: 'a', role: 'user', status: 'active' }]) {
      await database.roundTrips()
      await list(parameters)
      expect(await database.roundTrips()).toHaveLength(2)
    }
  })
})

test.each([
  'query=',
  'query=%20',
  `query=${'x'.repeat(255)}`,
  'query=a%00b',
  'query=a&query=b',
  'role=',
  'role=Admin',
  'role=a%20b',
  'status=locked',
  'limit=0',
  'limit=101',
  'limit=2.5',
  'cursor=',
  'cursor=0',
  'cursor=x',
  'cursor=2147483648',
  'cursor=1.YQ',
  'query=a&cursor=1',
  'query=a&cursor=1.',
  'query=a&cursor=1.AA',
  'query=a&cursor=1.YQ%3D%3D',
  'query=a&cursor=1._w',
  `cursor=${'1'.repeat(3000)}`,
  'offset=10',
  'order=email',
])('refuses ?%s without reading accounts', async (query) => {
  await database.roundTrips()
  const { status, body } = await ask(reader, 'GET', `/users?${query}`)
  expect([status, body['code']]).toEqual([422, 'validation_failed'])
  expect(await database.roundTrips()).toHaveLength(1)
})

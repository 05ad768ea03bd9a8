import { afterAll, describe, expect, test } from 'vitest'
import { jobs } from '../../src/app.ts'
import { toBase64Url, utf8 } from '../../src/crypto/encoding.ts'
import { runFrequent, runHourly } from '../../src/schedule/run-scheduled.ts'
import { fillWithCrowd } from '../support/crowd.ts'
import { type Explained, explainedConnect } from '../support/explained.ts'
import { createTestApp, createTestDatabase, newPerson, type TokenPair } from '../support/test-app.ts'

type Page = { items: { id: number }[]; next_cursor: string | null }

/** So many people, and an administrator among them who asks. */
async function createCrowd(users: number) {
  const database = await createTestDatabase()
  const { connect, statements } = explainedConnect(database.url)
  const [plain, app] = [
    await createTestApp({ database }),
    await createTestApp({ database, deps: { connect } }),
  ]
  const admin = await plain.register({ username: 'chief', email: 'chief@office.example', full_name: 'Chief' })
  await database.sql(`insert into user_roles (user_id, role_name) values (${admin.id}, 'admin')`)
  await fillWithCrowd(database, users)
  const token = await plain.signIn(admin)
  /** Sends a request whose statements are explained. */
  const send = async (path: string, { method = 'GET', body }: { method?: string; body?: unknown } = {}) => {
    statements.length = 0
    const response = await app.as(token).send(method, path, body)
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return response
  }
  const list = async (path: string) => (await (await plain.as(token).get(path)).json()) as Page
  return { ...database, users, half: users / 2, admin, app, statements, send, list }
}

type Crowd = Awaited<ReturnType<typeof createCrowd>>

const thousand = await createCrowd(1_000)
const million = await createCrowd(1_000_000)
/**
 * How often each table was read from end to end, as far as the connection knows that everything here comes
 * through; without the outbox, which the mailbox of development reads so.
 */
async function timesScanned() {
  await million.sql('select pg_stat_force_next_flush()')
  return await million.sql(`
    select relname, seq_scan from pg_stat_user_tables
    where relname in ('users', 'user_roles', 'sessions', 'audit_events', 'rate_limits', 'one_time_tokens')
    order by relname`)
}
const timesScannedByFilling = await timesScanned()

// Databases stay until the run ends.
afterAll(() => million.sql('truncate users, audit_events, rate_limits, outbox cascade'))

type Act = (crowd: Crowd) => Promise<unknown>

/** What an act asked the database. */
async function explained(crowd: Crowd, act: Act): Promise<Explained[]> {
  crowd.statements.length = 0
  await act(crowd)
  return [...crowd.statements]
}

const get =
  (path: (crowd: Crowd) => string): Act =>
  (crowd) =>
    crowd.send(path(crowd))
const secondPageOf =
  (path: string): Act =>
  async (crowd) =>
    crowd.send(`${path}&cursor=${(await crowd.list(path)).next_cursor}`)

/** A cursor as the list makes it, so that a page deep inside is not reached by reading all before it. */
const cursor = (id: number, key?: string) => `cursor=${id}${key ? `.${toBase64Url(utf8(key))}` : ''}`

/** What very many accounts begin with, and a key in their midst. */
const BROAD = [
  ['person', 'person5'],
  ['anna', 'anna maria smith'],
  ['smith', 'smith'],
  ['@example', '@example.com'],
] as const

const FILTERS = ['status=active', 'status=disabled', 'role=support', 'role=late', 'role=admin']
const FILTERS_IN_PAIRS = [
  'role=user&status=disabled',
  'role=support&status=disabled',
  'role=late&status=active',
]

/**
 * What 26 accounts take at most, each found by its key and its roles by the account: a few pages of an index
 * and one of the table each time. A thousand users may not fill a page with those who have two things in
 * common.
 */
const FULL_PAGE = 1000

/**
 * A search with a filter looks at up to 10,000 entries (`MAX_ENTRIES`), of which a thousand users don't have
 * as many: for each it may touch a page of an index and one of the table to find it, as much again to compare
 * it, and three pages of an index for its roles. Most touch a fraction.
 */
const FILTERED_SEARCH = 7 * 10_000

/** Members that a third, one in a thousand, the last 2 % and none of the accounts have. */
const METADATA = ['plan=common', 'plan=rare', 'seats=5', 'plan=late', 'plan=none'].map(
  (member) => `app_metadata.${member}`,
)

/**
 * The index of metadata has no order. Of the 20,000 who registered last it finds all, each with a page of the
 * table and three of an index for its roles, and sorts them.
 */
const FILTERED = 4 * 20_000

/** The worst case: very many have it, and all of them registered last. Accounts are read until they begin. */
const NEW_COHORT = 'app_metadata.cohort=new'

type Read = [name: string, act: Act, most: number]

const month = 'since=2026-03-01T00:00:00Z&until=2026-04-01T00:00:00Z'
const reads: Read[] = [
  ['who asks', get(() => '/users/me'), 0],
  ['all roles', get(() => '/roles'), 0],
  ['all accounts', get(() => '/users'), 0],
  ['all accounts, the second page', secondPageOf('/users?limit=25'), 0],
  ['all accounts, from the middle', get(({ half }) => `/users?${cursor(half)}`), 0],
  ...['role=user', ...FILTERS, ...FILTERS_IN_PAIRS].flatMap((filter): Read[] => [
    [`those with ${filter}`, get(() => `/users?${filter}`), FULL_PAGE],
    [
      `those with ${filter}, from the middle`,
      get(({ half }) => `/users?${filter}&${cursor(half)}`),
      FULL_PAGE,
    ],
  ]),
  ...METADATA.flatMap((member): Read[] => [
    [`those whose metadata has ${member}`, get(() => `/users?${member}`), FILTERED],
    [
      `those whose metadata has ${member}, from the middle`,
      get(({ half }) => `/users?${member}&${cursor(half)}`),
      FILTERED,
    ],
    ...['role=user', ...FILTERS].map(
      (filter): Read => [
        `those with ${filter} whose metadata has ${member}`,
        get(() => `/users?${filter}&${member}`),
        FILTERED,
      ],
    ),
    ...BROAD.map(
      ([query]): Read => [
        `a search for ${query} with ${member}`,
        get(() => `/users?query=${query}&${member}`),
        FILTERED_SEARCH,
      ],
    ),
  ]),
  ...[NEW_COHORT, `role=user&${NEW_COHORT}`].map(
    (filter): Read => [`those with ${filter}`, get(() => `/users?${filter}`), 5_000_000],
  ),
  ['a search that finds one', get(({ users }) => `/users?query=person${users - 1}`), 0],
  ['a search that finds nobody', get(() => '/users?query=nobody'), 0],
  ...BROAD.flatMap(([query, key]): Read[] => [
    [`a search for ${query}`, get(() => `/users?query=${query}`), 0],
    [`a search for ${query}, a long page`, get(() => `/users?query=${query}&limit=100`), 0],
    [`a search for ${query}, the second page`, secondPageOf(`/users?query=${query}`), 0],
    [
      `a search for ${query}, from the middle`,
      get(({ half }) => `/users?query=${query}&${cursor(half, key)}`),
      0,
    ],
    ...[...FILTERS, 'role=user&status=disabled'].map(
      (filter): Read => [
        `a search for ${query} with ${filter}`,
        get(() => `/users?query=${query}&${filter}`),
        FILTERED_SEARCH,
      ],
    ),
  ]),
  ['an account', get(({ half }) => `/users/${half}`), 0],
  ['its sessions', get(({ half }) => `/users/${half}/sessions`), 0],
  ['one’s sessions', get(() => '/users/me/sessions'), 0],
  ['one’s events', get(() => '/users/me/events'), 0],
  ['all events', get(() => '/audit-events'), 0],
  ['all events, the second page', secondPageOf('/audit-events?limit=25'), 0],
  ...[
    ...['type=sign_in_failed', 'type=account_deleted', 'user_id=12', 'actor_id=2', 'actor_id=12'],
    ...[
      `type=signed_in&${month}`,
      `user_id=12&${month}`,
      'actor_id=2&type=sign_in_failed',
      'actor_id=2&user_id=12',
    ],
  ].map((filter): Read => [`events with ${filter}`, get(() => `/audit-events?${filter}`), FULL_PAGE]),
  ...['type=sign_in_failed', 'user_id=12', 'actor_id=12'].map(
    (filter): Read => [
      `events with ${filter}, the second page`,
      secondPageOf(`/audit-events?${filter}&limit=2`),
      0,
    ],
  ),
]

const put = (body: unknown) => ({ method: 'PUT', body })
const patch = (body: unknown) => ({ method: 'PATCH', body })
const remove = { method: 'DELETE' }
/** What somebody does who has just registered and signed in. */
const asNewcomer =
  (act: (newcomer: { app: Crowd['app']; password: string } & TokenPair) => Promise<Response>): Act =>
  async ({ app, statements }) => {
    const { username, password, email } = newPerson()
    const person = await app.register({ username: `new${username}`, email: `new${email}`, password })
    const session = await app.openSession(person)
    statements.length = 0
    const response = await act({ app, password, ...session })
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  }
const own = (method: string, path: string, body: (password: string) => unknown = () => ({})) =>
  asNewcomer(({ app, password, access_token }) => app.as(access_token).send(method, path, body(password)))
/** What somebody does who has just registered, asked for a reset, and opens the link of a mail. */
const withLink =
  (kind: string, act: (link: { app: Crowd['app']; token: string }) => Promise<Response>): Act =>
  async ({ app, statements }) => {
    const { username, password, email } = newPerson()
    const person = await app.register({ username: `new${username}`, email: `new${email}`, password })
    await app.post('/password-resets', { email: person.email })
    const token = (await app.mailbox(person.email)).find((mail) => mail.kind === kind)?.token ?? ''
    statements.length = 0
    const response = await act({ app, token })
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  }
/**
 * One who may all but read events, which everybody may who answers questions: a 20th of all outranks them.
 */
const outranked =
  (role: string): Act =>
  async ({ send, sql }) => {
    await sql(`insert into role_permissions values ('support', 'audit:read')`)
    await sql(`delete from role_permissions where role_name = 'admin' and permission = 'audit:read'`)
    const change = send(`/roles/${role}`, put({ description: 'Mine', permissions: [] }))
    await expect(change).rejects.toThrow('403')
    await sql(`insert into role_permissions values ('admin', 'audit:read')`)
    await sql(`delete from role_permissions where role_name = 'support'`)
  }
/**
 * Up to 10,000 holders of a role are looked at (`MAX_HOLDERS`), of which a thousand users don't have as many.
 */
const HOLDERS_OF_ROLE = 5_000
const writes: [name: string, act: Act, most?: number][] = [
  ['change a name', ({ half, send }) => send(`/users/${half + 1}`, patch({ full_name: 'New Name' }))],
  ['change a username', ({ half, send }) => send(`/users/${half + 1}`, patch({ username: 'newcomer' }))],
  [
    'write app_metadata',
    ({ half, send }) => send(`/users/${half + 1}`, patch({ app_metadata: { a: { b: 1 } } })),
  ],
  ['disable', ({ half, send }) => send(`/users/${half + 1}`, patch({ status: 'disabled' }))],
  ['enable', ({ half, send }) => send(`/users/${half + 1}`, patch({ status: 'active' }))],
  ['give roles', ({ half, send }) => send(`/users/${half + 1}/roles`, put({ roles: ['user', 'support'] }))],
  [
    'take a role of an administrator',
    ({ half, send }) => send(`/users/${half}/roles`, put({ roles: ['user'] })),
  ],
  ['sign somebody out', ({ half, send }) => send(`/users/${half + 1}/sessions`, remove)],
  ['delete somebody', ({ half, send }) => send(`/users/${half + 1}`, remove)],
  [
    'create a role',
    ({ send }) => send('/roles/new', put({ description: 'New', permissions: ['users:read'] })),
  ],
  [
    'change a role',
    ({ send }) => send('/roles/support', put({ description: 'New', permissions: ['users:read'] })),
    HOLDERS_OF_ROLE,
  ],
  [
    'change a role that everybody has',
    ({ send }) => send('/roles/user', put({ description: 'New', permissions: [] })),
  ],
  ['change a role that everybody has, some of whom may do more', outranked('user')],
  ['change a role that many have, some of whom may do more', outranked('late'), HOLDERS_OF_ROLE],
  ['delete a role', ({ send }) => send('/roles/new', remove)],
  ['register', ({ app }) => app.register({ username: 'newest', email: 'newest@office.example' })],
  ['sign in', ({ app, admin }) => app.signIn(admin)],
  [
    'sign in with a wrong password',
    async ({ app, admin: { email } }) => {
      const { status } = await app.post('/login', { email, password: 'not the password' })
      if (status !== 401) throw new Error(`${status} for a wrong password`)
    },
  ],
  ['refresh', asNewcomer(({ app, refresh_token }) => app.post('/refresh', { refresh_token }))],
  ['sign out', asNewcomer(({ app, refresh_token }) => app.post('/logout', { refresh_token }))],
  ['sign out everywhere', own('DELETE', '/users/me/sessions')],
  ['change one’s metadata', own('PATCH', '/users/me', () => ({ user_metadata: { a: { b: 1 } } }))],
  ['change one’s name', own('PATCH', '/users/me', () => ({ full_name: 'New Name' }))],
  [
    'change one’s password',
    own('POST', '/users/me/password', (password) => ({
      current_password: password,
      new_password: 'another battery staple',
    })),
  ],
  ['have a mail sent to verify one’s address', own('POST', '/email-verifications')],
  [
    'change one’s address',
    own('POST', '/users/me/email', (password) => ({ new_email: newPerson().email, password })),
  ],
  ['forget a password', ({ app, admin: { email } }) => app.post('/password-resets', { email })],
  [
    'choose a new one',
    withLink('password_reset', ({ app, token }) =>
      app.post('/password-resets/confirm', { token, new_password: 'another battery staple' }),
    ),
  ],
  [
    'verify an address',
    withLink('email_verification', ({ app, token }) => app.post('/email-verifications/confirm', { token })),
  ],
  [
    'say that an account is not one’s own',
    withLink('email_verification', ({ app, token }) => app.post('/email-verifications/reject', { token })),
  ],
  [
    'send what is due',
    // On loopback nothing waits; what is claimed is nothing, among a hundred thousand that were sent.
    ({ app }) => runFrequent({ ...app.deps, channels: { mail: () => Promise.resolve() } }, jobs),
  ],
  ['delete one’s account', own('DELETE', '/users/me', (password) => ({ password }))],
]

/** Above (`jit_above_cost`), PostgreSQL compiles a statement first, which takes longer than any of these. */
const MAX_COST = 100_000

/** A handful of rows. */
const SMALL = ['roles', 'role_permissions']
const scans = (statements: Explained[]) =>
  statements.flatMap(({ scanned }) => scanned).filter((table) => !SMALL.includes(table))

const figures = (statements: Explained[]) =>
  statements.map(({ buffers, milliseconds, cost }) => `${buffers} pages, ${milliseconds} ms, cost ${cost}`)

// What was measured is shown by `--reporter=verbose`.
describe('a million users cost about as much as a thousand', () => {
  test.for(reads)('%s', async ([, act, most], { annotate }) => {
    const [few, many] = [await explained(thousand, act), await explained(million, act)]
    await annotate([...figures(few), 'and of a million', ...figures(many)].join('; '))
    expect(scans(many)).toEqual([])
    expect(many.map(({ isRead }) => isRead)).toEqual(few.map(() => true))
    for (const [index, { buffers, cost }] of many.entries()) {
      expect(buffers).toBeLessThanOrEqual(Math.max(10 * (few[index]?.buffers ?? 0), most))
      expect(cost).toBeLessThan(MAX_COST)
    }
  })

  test.for(writes)('%s', async ([, act, most = 0], { annotate }) => {
    const [few, many] = [await explained(thousand, act), await explained(million, act)]
    await annotate([...figures(few), 'and of a million', ...figures(many)].join('; '))
    expect(scans(many)).toEqual([])
    expect(many.some(({ isRead }) => !isRead)).toBe(true)
    for (const [index, { cost }] of many.entries()) {
      expect(cost).toBeLessThanOrEqual(Math.max(10 * (few[index]?.cost ?? 0), most))
      expect(cost).toBeLessThan(MAX_COST)
    }
  })

  test('the purge', async () => {
    const purged = await explained(million, ({ app }) => runHourly(app.deps, jobs))
    expect(purged.length).toBeGreaterThanOrEqual(3)
    expect(million.app.log.map(({ event }) => event)).toEqual(['purged'])
    expect(scans(purged)).toEqual([])
  })

  test('and no table was read from end to end, by foreign keys neither', async () => {
    expect(await timesScanned()).toEqual(timesScannedByFilling)
    await million.sql('select count(full_name) from users')
    expect(await timesScanned()).not.toEqual(timesScannedByFilling)
  })
})

const idsOf = ({ items }: Page) => items.map(({ id }) => id)
const every = (step: number, from: number, count = 25) =>
  Array.from({ length: count }, (_, index) => from + index * step)

/** Whom a search finds by all that is known of everybody, in order. */
async function expected({ sql }: Crowd, query: string, condition = 'true'): Promise<number[]> {
  const rows = await sql(`
    select u.id from users u cross join lateral unnest(array[
      lower(username), lower(email), lower(full_name), lower(regexp_replace(full_name, '^.* ', '')),
      lower(regexp_replace(email, '^[^@]*', ''))
    ]) as key
    where starts_with(key, '${query}') and ${condition} group by u.id order by min(key collate "C"), u.id`)
  return rows.map(({ id }) => Number(id))
}

/** Everybody on all pages, as often as they are there. */
async function allPages({ list }: Crowd, path: string): Promise<number[]> {
  const ids: number[] = []
  let next: string | null = ''
  while (next !== null) {
    const page: Page = await list(`${path}&limit=100${next && `&cursor=${next}`}`)
    ids.push(...idsOf(page))
    next = page.next_cursor
  }
  return ids
}

describe('among a million users', () => {
  test.each<[string, number[], boolean]>([
    ['', every(1, 1), true],
    ['limit=2', [1, 2], true],
    [cursor(999_000), every(1, 999_001), true],
    [`limit=2&${cursor(999_998)}`, [999_999, 1_000_000], true],
    ['role=support', every(20, 20), true],
    ['role=late', every(1, 980_001), true],
    [`role=support&${cursor(999_960)}`, [999_980, 1_000_000], false],
    ['role=admin', [1, 2], false],
    ['status=disabled', every(101, 101), true],
    ['role=support&status=disabled', every(2020, 2020), true],
    [`role=late&status=disabled&${cursor(999_900)}`, [], false],
    ['role=late&status=disabled&limit=2', [980_003, 980_104], true],
    ['query=person999998', [999_998], false],
    ['query=nobody', [], false],
    ['query=chief&role=admin', [1], false],
    ['query=person&role=admin', [2], false],
    ['app_metadata.plan=common', every(2, 2), true],
    [`app_metadata.plan=common&${cursor(699_995)}`, [699_996, 699_998, 700_000], false],
    [NEW_COHORT, every(1, 700_001), true],
    [`${NEW_COHORT}&role=support`, every(20, 700_020), true],
    ['app_metadata.plan=rare', every(1000, 7), true],
    ['app_metadata.seats=5&limit=2', [7, 1007], true],
    ['app_metadata.plan=late', every(1, 980_001), true],
    [`app_metadata.plan=late&${cursor(999_998)}`, [999_999, 1_000_000], false],
    ['app_metadata.plan=none', [], false],
    // Too many have it to look at each of them.
    [`query=person7000&${NEW_COHORT}&limit=2`, [700_001, 700_002], true],
    ['app_metadata.plan=rare&role=support', [], false],
    ['app_metadata.plan=rare&status=disabled', every(101_000, 31_007, 7), false],
    ['query=person999&app_metadata.plan=late&limit=2', [999_000, 999_001], true],
  ])('/users?%s', async (query, ids, hasMore) => {
    const page = await million.list(`/users?${query}`)
    expect(idsOf(page)).toEqual(ids)
    expect(page.next_cursor !== null).toBe(hasMore)
  })

  test.each([
    ['anna', `full_name like 'Anna%' order by lower(full_name) collate "C", id`],
    ['smith', `full_name like '% Smith' order by id`],
    ['@example.org', `email like '%@example.org' order by id`],
  ])('a search for %s finds its first ones in order', async (query, condition) => {
    const first = await million.list(`/users?query=${query}`)
    const second = await million.list(`/users?query=${query}&cursor=${first.next_cursor}`)
    const rows = await million.sql(`select id from users where ${condition} limit 50`)
    expect([...idsOf(first), ...idsOf(second)]).toEqual(rows.map(({ id }) => Number(id)))
  })

  test('a search whose filter leaves few of many comes to its end, and finds each once', async () => {
    // Also the one with whom what is looked at for one page ends.
    await million.sql(`
      insert into user_roles (user_id, role_name) select id, 'late' from users
      where lower(full_name) like 'anna garcia%' order by id offset 9999 limit 1`)
    const condition = `exists (select from user_roles where user_id = u.id and role_name = 'late')`
    const found = await allPages(million, '/users?query=anna%20garcia&role=late')
    expect(found).toEqual(await expected(million, 'anna garcia', condition))
    expect(found.length).toBeGreaterThan(500)
  })

  test('a page shows nobody from beyond what was looked at for it', async () => {
    // The last user's name comes early among usernames, which come after 250,000 last names.
    const first = await million.list('/users?query=person&role=late')
    const second = await million.list(`/users?query=person&role=late&cursor=${first.next_cursor}`)
    expect([...first.items, ...second.items]).toEqual([])
    expect(second.next_cursor).not.toBeNull()
  })
})

describe('among a thousand users', () => {
  const conditions = {
    '': 'true',
    '&app_metadata.plan=common': `app_metadata ->> 'plan' = 'common'`,
    '&status=disabled': 'disabled_at is not null',
    '&role=support': `exists (select from user_roles where user_id = u.id and role_name = 'support')`,
  }
  const searches = BROAD.flatMap(([query]) =>
    Object.entries(conditions).map(([filter, condition]) => [query, filter, condition] as const),
  )

  test.each(searches)(
    'all pages of a search for %s%s have everybody once, in order',
    async (query, filter, condition) => {
      const found = await allPages(thousand, `/users?query=${query}${filter}`)
      expect(found).toEqual(await expected(thousand, query, condition))
      expect(found).not.toEqual([])
    },
  )
})

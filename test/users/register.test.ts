import { describe, expect, test } from 'vitest'
import { createTestApp, DEFAULT_LIMITS, newPerson } from '../support/test-app.ts'

const { post, register, database, hasher, clock, log } = await createTestApp()

const countUsers = async (email: string) =>
  Number(
    (await database.sql('select count(*) from users where lower(email) = $1', [email.toLowerCase()]))[0]?.[
      'count'
    ],
  )

describe('POST /users', () => {
  test('creates a user and shows it', async () => {
    const person = newPerson()
    const response = await post('/users', person)
    expect(response.status).toBe(201)
    const body = (await response.json()) as { id: number }
    expect(body).toEqual({
      id: expect.any(Number),
      username: person.username,
      email: person.email,
      full_name: person.full_name,
      roles: ['user'],
      email_verified: false,
      user_metadata: {},
      app_metadata: {},
      created_at: clock.now.toISOString(),
      updated_at: clock.now.toISOString(),
    })
    expect(response.headers.get('Location')).toBe(`/users/${body.id}`)
  })

  test('answers with a trailing slash too, as FastAPI clients send it', async () => {
    expect((await post('/users/', newPerson())).status).toBe(201)
  })

  test('costs one round trip and one hash', async () => {
    await database.roundTrips()
    hasher.count = 0
    const response = await post('/users', newPerson())
    expect(response.status).toBe(201)
    expect(await database.roundTrips()).toHaveLength(1)
    expect(hasher.count).toBe(1)
    expect(response.headers.get('Server-Timing')).toMatch(/^db;dur=\d+\.\d;desc="1 round trips"$/)
  })

  test('stores a chained PBKDF2 hash and never the password', async () => {
    const person = await register()
    const [row] = await database.sql('select * from users where id = $1', [person.id])
    expect(row?.['password_hash']).toMatch(/^\$pbkdf2-sha256-chain\$v=1,i=50,r=2\$/)
    expect(JSON.stringify(row)).not.toContain(person.password)
  })

  test('trims and lower-cases the address, trims the name and keeps the case of the username', async () => {
    const person = {
      ...newPerson(),
      email: '  Grace.Hopper@Example.COM ',
      full_name: '  Grace Hopper ',
      username: 'GraceH',
    }
    const response = await post('/users', person)
    expect(await response.json()).toMatchObject({
      email: 'grace.hopper@example.com',
      full_name: 'Grace Hopper',
      username: 'GraceH',
    })
  })
})

describe('an address or username that is taken', () => {
  test.each([
    ['email', (email: string) => email],
    ['email', (email: string) => email.toUpperCase()],
    ['email', (email: string) => ` ${email}`],
    ['username', (username: string) => username],
    ['username', (username: string) => username.toUpperCase()],
  ] as const)('answers 409 with the pointer to %s (%s; row 55)', async (member, variant) => {
    const person = await register()
    const again = { ...newPerson(), [member]: variant(person[member]) }
    const response = await post('/users', again)
    expect(response.status).toBe(409)
    expect(await response.json()).toMatchObject({
      code: `${member}_taken`,
      detail: `${member}: is taken`,
      errors: [{ pointer: `/${member}`, code: 'taken' }],
    })
    const [row] = await database.sql('select count(*) from users where full_name = $1', [again.full_name])
    expect(row?.['count']).toBe('0')
  })

  test('costs the same hash and round trip as a free one (row 55)', async () => {
    const person = await register()
    await database.roundTrips()
    hasher.count = 0
    expect((await post('/users', { ...newPerson(), email: person.email })).status).toBe(409)
    expect(hasher.count).toBe(1)
    expect(await database.roundTrips()).toHaveLength(1)
  })

  test.each(Array.from({ length: 10 }, (_, round) => round + 1))(
    '50 parallel registrations of one address: one user, 49 conflicts (rows 1, 2), round %i',
    async () => {
      const email = newPerson().email
      // All have their hash before the first statement goes out: the race is for the row.
      let release = () => {}
      const barrier = new Promise<void>((resolve) => {
        let waiting = 0
        release = () => ++waiting === 50 && resolve()
      })
      const racing = await createTestApp({
        deps: {
          passwords: {
            verify: hasher.verify,
            async hash(password) {
              const hash = await hasher.hash(password)
              release()
              await barrier
              return hash
            },
          },
        },
      })
      // The index is on the lower-cased address.
      const attempts = Array.from({ length: 50 }, (_, index) =>
        racing.post('/users', { ...newPerson(), email: index % 2 ? email : email.toUpperCase() }),
      )
      const responses = await Promise.all(attempts)
      const conflicts = responses.filter(({ status }) => status === 409)
      expect(responses.filter(({ status }) => status === 201)).toHaveLength(1)
      expect(conflicts).toHaveLength(49)
      for (const response of conflicts) expect(await response.json()).toMatchObject({ code: 'email_taken' })
      expect(await countUsers(email)).toBe(1)
      const orphans = await database.sql(
        'select 1 from user_roles where user_id not in (select id from users)',
      )
      expect(orphans).toEqual([])
    },
  )
})

test('asking which usernames are taken is limited too (row 55)', async () => {
  const asking = await createTestApp({
    variables: DEFAULT_LIMITS,
    deps: { clientAddress: () => '198.51.100.56' },
  })
  const { username } = await register()
  const ask = async (name: string) => (await asking.post('/users', { ...newPerson(), username: name })).status
  for (let question = 0; question < 10; question++) expect(await ask(username)).toBe(409)
  const [row] = await database.sql(
    `select max(attempts) as attempts from rate_limits where key like 'register:%'`,
  )
  expect(Number(row?.['attempts'])).toBeGreaterThanOrEqual(10)
  expect([await ask(username), await ask(newPerson().username)]).toEqual([429, 429])
})

test('asking which addresses are taken is limited to ten requests an hour (row 55)', async () => {
  const asking = await createTestApp({
    variables: DEFAULT_LIMITS,
    deps: { clientAddress: () => '198.51.100.55' },
  })
  const { email } = await register()
  const ask = async (address: string) =>
    (await asking.post('/users', { ...newPerson(), email: address })).status
  for (let question = 0; question < 10; question++) expect(await ask(email)).toBe(409)
  const free = newPerson().email
  expect([await ask(email), await ask(free)]).toEqual([429, 429])
  expect(await countUsers(free)).toBe(0)
})

describe('rules for fields', () => {
  const long = (length: number) => 'x'.repeat(length)
  const accepted: [string, Record<string, unknown>][] = [
    ['the shortest username', { username: 'a-1' }],
    ['the longest username', { username: `u${long(30)}9` }],
    ['dots, dashes and underscores inside', { username: 'a.b-c_d' }],
    ['a name of one character', { full_name: '李' }],
    ['a name of 100 astral characters', { full_name: '😀'.repeat(100) }],
    ['markup, which stays text', { full_name: '<script>"&\u00a0{{7*7}}%s' }],
    ['a password of 8 code points', { password: '😀'.repeat(8) }],
    ['a password of 128 characters (row 27)', { password: long(128) }],
    ['a password of spaces (row 26)', { password: ' '.repeat(8) }],
    ['a password without digits or capitals', { password: 'only lower case' }],
    ['an address with a plus tag', { email: `plus+tag@example.com` }],
  ]
  test.each(accepted)('accepts %s', async (_name, overrides) => {
    const response = await post('/users', { ...newPerson(), ...overrides })
    expect(response.status, await response.clone().text()).toBe(201)
    const { password: _, ...shown } = overrides
    const body = await response.json()
    expect(body).toMatchObject(shown)
    expect(body).not.toHaveProperty('password')
  })

  const refused: [string, Record<string, unknown>, string, string][] = [
    ['a missing member', { username: undefined }, '/username', 'required'],
    ['a short username', { username: 'ab' }, '/username', 'too_short'],
    ['a long username', { username: long(33) }, '/username', 'too_long'],
    ['a username with a leading dot', { username: '.abc' }, '/username', 'invalid_format'],
    ['a username with a trailing dash', { username: 'abc-' }, '/username', 'invalid_format'],
    ['a username that looks like an address', { username: 'a@example.com' }, '/username', 'invalid_format'],
    ['a Cyrillic homoglyph (row 23)', { username: 'аdmin' }, '/username', 'invalid_format'],
    ['a username with a line feed', { username: 'abc\n' }, '/username', 'invalid_format'],
    ['a fullwidth letter in an address (row 23)', { email: 'ａda@example.com' }, '/email', 'invalid_format'],
    ['a ligature in an address (row 23)', { email: 'oﬃce@example.com' }, '/email', 'invalid_format'],
    ['a zero-width space (row 23)', { email: 'ada\u200b@example.com' }, '/email', 'invalid_format'],
    ['text that runs backwards (row 23)', { email: '\u202eada@example.com' }, '/email', 'invalid_format'],
    ['a dotless i (row 23)', { email: 'adm\u0131n@example.com' }, '/email', 'invalid_format'],
    ['a domain that is not in ASCII (row 23)', { email: 'ada@bücher.example' }, '/email', 'invalid_format'],
    ['a zero-width username (row 23)', { username: 'ad\u200bmin' }, '/username', 'invalid_format'],
    ['an address without @', { email: 'example.com' }, '/email', 'invalid_format'],
    ['two addresses (row 25)', { email: 'a@example.com,b@example.com' }, '/email', 'invalid_format'],
    [
      'a header in an address (row 25)',
      { email: 'a@example.com\r\nBcc: b@example.com' },
      '/email',
      'invalid_format',
    ],
    ['NUL in an address (row 24)', { email: 'a\u0000@example.com' }, '/email', 'invalid_format'],
    [
      'the Kelvin sign, which lower-cases to k (row 23)',
      { email: '\u212Aate@example.com' },
      '/email',
      'invalid_format',
    ],
    ['an address of 255 characters', { email: `${long(243)}@example.com` }, '/email', 'too_long'],
    ['an empty name', { full_name: '  ' }, '/full_name', 'too_short'],
    ['a name of 101 characters', { full_name: '😀'.repeat(101) }, '/full_name', 'too_long'],
    ['NUL in a name (row 24)', { full_name: 'a\u0000b' }, '/full_name', 'invalid'],
    ['an escape sequence in a name', { full_name: 'a\u001b[31m' }, '/full_name', 'invalid'],
    ['half a surrogate pair in a name (row 17)', { full_name: 'a\ud800' }, '/full_name', 'invalid'],
    ['a password of 7 characters', { password: long(7) }, '/password', 'too_short'],
    ['a password of 7 astral characters', { password: '😀'.repeat(7) }, '/password', 'too_short'],
    ['a password of 129 characters', { password: long(129) }, '/password', 'too_long'],
    ['NUL in a password (row 24)', { password: 'password\u0000' }, '/password', 'invalid'],
    ['half a surrogate pair in a password', { password: 'password\udc00' }, '/password', 'invalid'],
    ['a number (row 20)', { password: 12345678 }, '/password', 'invalid_type'],
    ['an object (row 20)', { password: { $ne: 1 } }, '/password', 'invalid_type'],
    ['an array (row 20)', { email: ['a@example.com'] }, '/email', 'invalid_type'],
    ['a boolean (row 20)', { username: true }, '/username', 'invalid_type'],
    ['null (row 20)', { full_name: null }, '/full_name', 'invalid_type'],
    ['an unknown member', { nickname: 'x' }, '/nickname', 'unknown_member'],
    ...[
      'id',
      'roles',
      'email_verified',
      'password_hash',
      'disabled_at',
      'created_at',
      'is_admin',
      'constructor',
    ].map((name): [string, Record<string, unknown>, string, string] => [
      `${name}, which is not the client's to set (row 21)`,
      { [name]: 'x' },
      `/${name}`,
      'unknown_member',
    ]),
  ]
  test.each(refused)('refuses %s, and nothing happens', async (_, overrides, pointer, code) => {
    await database.roundTrips()
    hasher.count = 0
    const response = await post('/users', { ...newPerson(), ...overrides })
    expect(response.status).toBe(422)
    expect(response.headers.get('Content-Type')).toBe('application/problem+json')
    const body = (await response.json()) as { detail: string; errors: object[] }
    expect(body).toMatchObject({
      code: 'validation_failed',
      errors: [{ pointer, code, detail: expect.any(String) }],
    })
    expect(body.detail.startsWith(`${pointer.slice(1)}: `)).toBe(true)
    expect(await database.roundTrips()).toEqual([])
    expect(hasher.count).toBe(0)
  })

  test.each(['{"__proto__":{"polluted":1},', '{"constructor":{"prototype":{"polluted":1}},'])(
    'refuses %s…, and no prototype is touched (row 19)',
    async (start) => {
      const response = await post('/users', JSON.stringify(newPerson()).replace('{', start))
      expect(response.status).toBe(422)
      expect({}).not.toHaveProperty('polluted')
    },
  )

  test('refuses every column of the tables about people but the four (row 21)', async () => {
    const columns = await database.sql(
      "select column_name from information_schema.columns where table_name in ('users', 'user_roles', 'sessions')",
    )
    const names = columns.map(({ column_name: name }) => String(name))
    expect(names).toEqual(expect.arrayContaining(['password_hash', 'role_name', 'consecutive_failures']))
    const settable = ['username', 'email', 'full_name']
    await database.roundTrips()
    for (const name of names.filter((column) => !settable.includes(column))) {
      for (const spelling of [name, name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())]) {
        const response = await post('/users', { ...newPerson(), [spelling]: 1 })
        expect(response.status, spelling).toBe(422)
      }
    }
    expect(await database.roundTrips()).toEqual([])
  })

  test('keeps dots and plus tags: only the mail server knows whose address that is (row 22)', async () => {
    const { email } = newPerson()
    for (const variant of [email, email.replace('p', 'p.'), email.replace('@', '+tag@')]) {
      expect((await post('/users', { ...newPerson(), email: variant })).status, variant).toBe(201)
      expect((await post('/users', { ...newPerson(), email: variant.toUpperCase() })).status).toBe(409)
    }
  })

  test('decides about the longest hostile addresses and names in no time (row 86)', async () => {
    const hostile = [
      { email: `${'a.'.repeat(120)}@` },
      { email: `a@${'a-'.repeat(120)}` },
      { email: `${'a'.repeat(200)}@${'a.'.repeat(20)}` },
      { email: `${' '.repeat(15_000)}x` },
      { username: `a${'.-_'.repeat(10)}` },
      { username: `${'a.'.repeat(7000)}!` },
      { full_name: `x${' \u00a0'.repeat(4000)}x` },
    ]
    const start = Date.now()
    for (const member of hostile)
      expect((await post('/users', { ...newPerson(), ...member })).status).toBe(422)
    // What backtracks takes minutes; the rest is for a busy machine.
    expect(Date.now() - start).toBeLessThan(10_000)
  })

  test('names every invalid field', async () => {
    const response = await post('/users', {})
    const { errors } = (await response.json()) as { errors: { pointer: string }[] }
    expect(errors.map(({ pointer }) => pointer).sort()).toEqual([
      '/email',
      '/full_name',
      '/password',
      '/username',
    ])
  })

  test('never repeats a password in its answer or its log', async () => {
    const password = 'canary\u0000canary'
    expect(await (await post('/users', { ...newPerson(), password })).text()).not.toContain('canary')
    expect(JSON.stringify(log)).not.toContain('canary')
  })
})

describe('the limit per address', () => {
  const limitedApp = async (address: string) =>
    await createTestApp({ variables: DEFAULT_LIMITS, deps: { clientAddress: () => address } })

  test('refuses the eleventh in an hour, with no hash, one round trip, one event and no row', async () => {
    const limited = await limitedApp('192.0.2.10')
    for (let time = 0; time < 10; time++) await limited.register()
    await database.roundTrips()
    limited.hasher.count = 0
    const refused = newPerson()
    const response = await limited.post('/users', refused)
    expect(response.status).toBe(429)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'retry-after': '360',
      ratelimit: '"register_address";r=0;t=360',
      'ratelimit-policy': '"register_address";q=10;w=3600',
    })
    expect(await database.roundTrips()).toHaveLength(1)
    expect(limited.hasher.count).toBe(0)
    expect(await database.sql('select 1 from users where username = $1', [refused.username])).toEqual([])
    expect((await limited.post('/users', refused)).status).toBe(429)
    expect(await database.roundTrips()).toHaveLength(0)
    const events = await database.sql(
      "select details from audit_events where ip_address = '192.0.2.10' and type = 'limited'",
    )
    expect(events).toEqual([{ details: '{"limit": "register_address"}' }])
    limited.clock.now = new Date(limited.clock.now.getTime() + 360_000)
    expect((await limited.post('/users', refused)).status).toBe(201)
  })

  test('hashes at most a hundred at once, and the database limits across processes', async () => {
    const limited = await limitedApp('192.0.2.13')
    const responses = await Promise.all(
      Array.from({ length: 100 }, () => limited.post('/users', newPerson())),
    )
    const statuses = responses.map(({ status }) => status)
    expect(statuses.filter((status) => status === 201)).toHaveLength(10)
    expect(statuses.filter((status) => status === 429)).toHaveLength(90)
    expect(limited.hasher.count).toBe(10)
    const another = await limitedApp('192.0.2.13')
    expect((await another.post('/users', newPerson())).status).toBe(429)
    expect(another.hasher.count).toBe(1)
  })

  test('counts taken addresses too: asking for addresses is limited like registering (row 55)', async () => {
    const limited = await limitedApp('192.0.2.11')
    const person = await limited.register()
    const statuses = []
    for (let time = 0; time < 10; time++) {
      const other = time % 2 ? { email: person.email } : { username: person.username }
      statuses.push((await limited.post('/users', { ...newPerson(), ...other })).status)
    }
    expect(statuses).toEqual([...Array(9).fill(409), 429])
  })

  test('answers the same for taken and free addresses once it refuses (row 55)', async () => {
    const limited = await limitedApp('192.0.2.12')
    const person = await limited.register()
    for (let time = 0; time < 9; time++) await limited.register()
    const answers = []
    for (const email of [person.email, 'free@example.com']) {
      const response = await limited.post('/users', { ...newPerson(), email })
      const id = response.headers.get('X-Request-Id') ?? 'none'
      answers.push([response.status, (await response.text()).replaceAll(id, '<id>')])
    }
    expect(answers[0]).toEqual(answers[1])
    expect(answers[0]?.[0]).toBe(429)
  })
})

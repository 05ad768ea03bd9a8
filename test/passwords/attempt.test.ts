import { describe, expect, test } from 'vitest'
import { createPasswordHasher } from '../../src/crypto/password.ts'
import { createGuessing, WRONG } from '../support/guessing.ts'
import { createTestApp, TEST_WORK } from '../support/test-app.ts'

const { failOftenAs, tested, database, client, elsewhere, later, login, guess, withDevice } =
  await createGuessing()
const { as, me, register, hasher } = tested
const count = (statuses: number[], status: number) => statuses.filter((each) => each === status).length

describe('the limit per account (row 59)', () => {
  test('refuses the sixth attempt, the right password too, for an account that exists or not', async () => {
    const { email, password } = await register()
    for (const [who, secret] of [
      [email, password],
      ['nobody@example.com', WRONG],
    ] as const) {
      elsewhere()
      expect(await guess(who, 6)).toEqual([401, 401, 401, 401, 401, 429])
      expect((await login(who, secret)).status).toBe(429)
      elsewhere()
      expect((await login(who, secret)).status).toBe(429)
    }
  })

  test('Retry-After says how long to wait, and then the next attempt succeeds', async () => {
    const { email, password } = await register()
    await guess(email, 5)
    const refused = await login(email, password)
    expect(Object.fromEntries(refused.headers)).toMatchObject({
      'retry-after': '60',
      ratelimit: '"sign_in_account";r=0;t=60',
      'ratelimit-policy': '"sign_in_account";q=5;w=300',
    })
    expect(await refused.json()).toMatchObject({ code: 'rate_limited', status: 429 })
    later(59.999)
    expect((await login(email, password)).headers.get('Retry-After')).toBe('1')
    later(0.001)
    expect((await login(email, password)).status).toBe(200)
  })

  test('is refilled evenly, and never above the burst', async () => {
    const { email } = await register()
    await guess(email, 5)
    later(120)
    expect(await guess(email, 3)).toEqual([401, 401, 429])
    later(86_400)
    expect(await guess(email, 6)).toEqual([401, 401, 401, 401, 401, 429])
  })

  test('refuses when the clock jumps back, and says how long: it never forgets (row 40)', async () => {
    const { email, password } = await register()
    await guess(email, 1)
    elsewhere()
    later(-3600)
    const refused = await login(email, password)
    expect([refused.status, refused.headers.get('Retry-After')]).toEqual([429, String(3600 - 300 + 2 * 60)])
    later(3600)
    expect((await login(email, password)).status).toBe(200)
  })

  test('a success refunds only what it spent: an attacker does not learn of it', async () => {
    const { email, password } = await register()
    for (let time = 0; time < 10; time++) expect((await login(email, password)).status).toBe(200)
    elsewhere()
    expect(await guess(email, 4)).toEqual([401, 401, 401, 401])
    for (let time = 0; time < 10; time++) expect((await login(email, password)).status).toBe(200)
    elsewhere()
    // As for an account that does not exist.
    expect(await guess(email, 5)).toEqual([401, 429, 429, 429, 429])
    expect((await login(email, password)).status).toBe(429)
  })

  test('takes every spelling of an identifier for the same', async () => {
    const { email } = await register()
    const spellings = [email, email.toUpperCase(), ` ${email}`, `${email} `, email.replace('p', 'P'), email]
    const statuses = []
    for (const spelling of spellings) statuses.push((await login(spelling, WRONG)).status)
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429])
  })

  test('costs one statement and no hash when it refuses, two and one before', async () => {
    for (const email of [(await register()).email, 'nobody-else@example.com']) {
      elsewhere()
      for (let attempt = 1; attempt <= 7; attempt++) {
        hasher.count = 0
        await database.roundTrips()
        const { status } = await login(email, WRONG)
        const cost = { status, hashes: hasher.count, roundTrips: (await database.roundTrips()).length }
        const expected = attempt <= 5 ? [401, 1, 2] : [429, 0, 1]
        expect(Object.values(cost), `attempt ${attempt}`).toEqual(expected)
      }
    }
  })
})

describe('the limit per address', () => {
  test('refuses the 21st account that is tried once, and spends none of its account’s bucket', async () => {
    const statuses = []
    for (let account = 0; account < 22; account++) {
      statuses.push((await login(`tried-${account}@example.com`, WRONG)).status)
    }
    expect([count(statuses, 401), statuses.slice(20)]).toEqual([20, [429, 429]])
    elsewhere()
    expect(await guess('tried-21@example.com', 6)).toEqual([401, 401, 401, 401, 401, 429])
  })

  test('counts all of an IPv6 /64 as one address, and the next /64 as another (row 61)', async () => {
    const statuses = []
    for (let host = 0; host < 25; host++) {
      client.address = `2001:db8:1:1:${host.toString(16)}::${host + 1}`
      statuses.push((await login(`v6-${host}@example.com`, WRONG)).status)
    }
    expect([count(statuses, 401), count(statuses, 429)]).toEqual([20, 5])
    client.address = '2001:db8:1:2::1'
    expect((await login('v6@example.com', WRONG)).status).toBe(401)
  })

  test('is not given back by a success: an account of one’s own buys no guesses', async () => {
    const { email, password } = await register()
    for (let round = 0; round < 10; round++) {
      await login(email, password)
      await login(`other-${round}@example.com`, WRONG)
    }
    expect((await login(email, password)).status).toBe(429)
  })

  describe('of an IPv6 network (row 61)', () => {
    /** Two a minute for a /64, so that a /48 is used up soon. */
    const narrow = async () => {
      const app = await createTestApp({
        database,
        variables: { LIMIT_SIGN_IN_ADDRESS: '2/60', LIMIT_SIGN_IN_ACCOUNT: '' },
        deps: { clientAddress: () => client.address },
      })
      let host = 0
      /** How many of so many attempts at as many accounts are let through. */
      return async (address: string, times: number) => {
        client.address = address
        let through = 0
        for (let time = 0; time < times; time++) {
          host++
          const { status } = await app.post('/login', { email: `wide-${host}@example.com`, password: WRONG })
          if (status === 401) through++
        }
        return through
      }
    }

    test('counts the /56 and the /48 around it too, with four and sixteen times as much', async () => {
      const tryFrom = await narrow()
      // Six /64 of one /56 have what four have alone.
      for (let network = 0; network < 4; network++)
        expect(await tryFrom(`2001:db8:9:${network}::1`, 3)).toBe(2)
      for (const network of [4, 5]) expect(await tryFrom(`2001:db8:9:${network}::1`, 2)).toBe(0)
      // The next /56, up to what the /48 has: 32, of which 8 are gone.
      for (let network = 1; network <= 12; network++)
        expect(await tryFrom(`2001:db8:9:${network.toString(16)}00::1`, 2)).toBe(2)
      expect(await tryFrom('2001:db8:9:ff00::1', 2)).toBe(0)
      expect(await tryFrom('2001:db8:a::1', 1)).toBe(1)
    })

    test('that is used up takes nothing from those around it', async () => {
      const tryFrom = await narrow()
      expect(await tryFrom('2001:db8:b:1::1', 20)).toBe(2)
      expect(await tryFrom('2001:db8:b:2::1', 2)).toBe(2)
    })
  })

  test('counts those together whose address is unknown: unknown is not unlimited', async () => {
    client.address = 'garbage'
    const statuses = []
    for (let account = 0; account < 21; account++) {
      statuses.push((await login(`unknown-${account}@example.com`, WRONG)).status)
    }
    expect(statuses.at(-1)).toBe(429)
  })
})

describe('the owner’s browser', () => {
  test('gets in while others use up the account, from the address that floods as well (row 62)', async () => {
    const { person, device } = await withDevice()
    for (let account = 0; account < 25; account++) await login(`flooded-${account}@example.com`, WRONG)
    const flooding = client.address
    elsewhere()
    await guess(person.email, 5)
    client.address = flooding
    expect((await login(person.email, person.password)).status).toBe(429)
    expect((await login(person.email, person.password, device)).status).toBe(200)
  })
})

describe('after 100 wrong passwords in a row (NIST SP 800-63B-4 section 3.2.2)', () => {
  const failures = async (id: number) =>
    (await database.sql('select consecutive_failures as n from users where id = $1', [id]))[0]?.['n']

  test('no password is right any more, which looks like a wrong one', async () => {
    const person = await register()
    expect(await guess(person.email, 5)).not.toContain(429)
    expect(await failures(person.id)).toBe('5')
    await database.sql('update users set consecutive_failures = 95 where id = $1', [person.id])
    later(300)
    expect(await guess(person.email, 5)).not.toContain(429)
    expect(await failures(person.id)).toBe('100')
    later(300)
    const [wrong, right] = [await login(person.email, WRONG), await login(person.email, person.password)]
    expect([wrong.status, right.status]).toEqual([401, 401])
    expect(await failures(person.id)).toBe('100')
    const events = await database.sql(
      "select details->>'reason' as reason from audit_events where user_id = $1 order by id desc limit 2",
      [person.id],
    )
    expect(events.map(({ reason }) => reason)).toEqual(['locked', 'locked'])
  })

  test('99 are not enough, and a success begins anew', async () => {
    const person = await register()
    await database.sql('update users set consecutive_failures = 99 where id = $1', [person.id])
    expect((await login(person.email, person.password)).status).toBe(200)
    expect(await failures(person.id)).toBe('0')
  })

  test('one is forgiven every 7.2 hours after the last: just before, and at', async () => {
    const person = await register()
    const lock = () =>
      database.sql('update users set consecutive_failures = 100, last_failed_at = $1 where id = $2', [
        tested.clock.now.toISOString(),
        person.id,
      ])
    await lock()
    later(25_920 - 0.001)
    expect((await login(person.email, person.password)).status).toBe(401)
    later(0.001)
    expect((await login(person.email, person.password)).status).toBe(200)
    // A wrong one takes the place of what was forgiven.
    await lock()
    later(2 * 25_920)
    expect(await guess(person.email, 1)).toEqual([401])
    expect(await failures(person.id)).toBe('99')
    // A hundred over years are none.
    await lock()
    later(30 * 86_400)
    expect(await guess(person.email, 1)).toEqual([401])
    expect(await failures(person.id)).toBe('1')
  })

  test('the owner’s success from a known browser begins anew for all others', async () => {
    const { person, device } = await withDevice()
    await database.sql('update users set consecutive_failures = 100 where id = $1', [person.id])
    expect((await login(person.email, person.password)).status).toBe(401)
    expect((await login(person.email, person.password, device)).status).toBe(200)
    expect(await failures(person.id)).toBe('0')
    expect((await login(person.email, person.password)).status).toBe(200)
  })

  test('the right password at the hundredth failure’s side does not slip through', async () => {
    const person = await register()
    await database.sql('update users set consecutive_failures = 99 where id = $1', [person.id])
    const racing = await createTestApp({
      database,
      deps: {
        passwords: {
          hash: hasher.hash,
          async verify(password, stored) {
            const result = await hasher.verify(password, stored)
            if (password === person.password) await login(person.email, WRONG)
            return result
          },
        },
      },
    })
    expect((await racing.post('/login', { email: person.email, password: person.password })).status).toBe(401)
  })

  test('a live session counts as a known device: its owner can change the password', async () => {
    const { person, token } = await withDevice()
    await database.sql('update users set consecutive_failures = 100 where id = $1', [person.id])
    await guess(person.email, 6)
    elsewhere()
    expect((await login(person.email, person.password)).status).toBe(429)
    const change = { current_password: person.password, new_password: 'quite another horse' }
    const changed = await as(token).post('/users/me/password', change)
    expect(changed.ok).toBe(true)
    later(300)
    expect((await login(person.email, change.new_password)).status).toBe(200)
  })

  test('right passwords that open no session for another reason do not count', async () => {
    const person = await register()
    await database.sql('update users set disabled_at = now() where id = $1', [person.id])
    for (let time = 0; time < 5; time++) expect((await login(person.email, person.password)).status).toBe(401)
    expect(await failures(person.id)).toBe('0')
  })

  test('its events do not tell which guess was right', async () => {
    const { person, token } = await withDevice()
    await database.sql('update users set consecutive_failures = 100 where id = $1', [person.id])
    for (const password of [WRONG, person.password, WRONG]) {
      expect((await login(person.email, password)).status).toBe(401)
    }
    const response = await as(token).get('/users/me/events?limit=3')
    const { items } = (await response.json()) as { items: { details: { reason: string } }[] }
    expect(items.map(({ details }) => details.reason)).toEqual(['locked', 'locked', 'locked'])
  })

  test('a success from a known browser forgets what that browser failed at', async () => {
    const { person, device } = await withDevice()
    const failures = async () =>
      (await database.sql("select max(attempts) as most from rate_limits where key like 'device:%'"))[0]?.[
        'most'
      ]
    await guess(person.email, 3, device)
    expect(await failures()).toBe('3')
    expect((await login(person.email, person.password, device)).status).toBe(200)
    expect(await failures()).toBe('0')
  })

  test('its owner’s browser still gets in, until 100 of its own failed', async () => {
    const { person, device } = await withDevice()
    await database.sql('update users set consecutive_failures = 100 where id = $1', [person.id])
    expect((await login(person.email, person.password, device)).status).toBe(200)
    await failOftenAs(device, person.email)
    await database.sql('update users set consecutive_failures = 100 where id = $1', [person.id])
    expect((await login(person.email, person.password, device)).status).toBe(401)
  })

  test('a new password, given by the owner’s browser, recovers it', async () => {
    const { person, device, token } = await withDevice()
    await database.sql('update users set consecutive_failures = 100 where id = $1', [person.id])
    const body = { current_password: person.password, new_password: 'quite another horse' }
    expect((await as(token).post('/users/me/password', body, device)).status).toBe(200)
    expect((await login(person.email, body.new_password)).status).toBe(200)
  })
})

describe('confirming a password is limited like signing in, by session (row 78)', () => {
  const acts: [string, (token: string, password: string) => Promise<Response>][] = [
    [
      'changing it',
      (token, password) =>
        as(token).post('/users/me/password', {
          current_password: password,
          new_password: 'quite another horse',
        }),
    ],
    ['deleting the account', (token, password) => as(token).delete('/users/me', { password })],
  ]

  test.each(acts)('%s: five wrong ones, with nothing hashed beyond them', async (_, act) => {
    const { person, token } = await withDevice()
    for (let time = 0; time < 5; time++) expect((await act(token, WRONG)).status).toBe(403)
    hasher.count = 0
    const refused = await act(token, person.password)
    expect(refused.status).toBe(429)
    expect(refused.headers.get('Retry-After')).toBe('60')
    expect(hasher.count).toBe(0)
    // Nothing happened to the account, and its owner is kept from nothing.
    expect((await me(token)).status).toBe(200)
    expect((await login(person.email, person.password)).status).toBe(200)
    const [row] = await database.sql('select consecutive_failures as n from users where id = $1', [person.id])
    expect(row?.['n']).toBe('0')
  })

  test('after a hundred wrong ones a session counts as unknown and spends the account’s bucket', async () => {
    const { person, token } = await withDevice()
    await acts[0]?.[1](token, WRONG)
    await database.sql("update rate_limits set attempts = 100 where key like 'session:%'")
    await guess(person.email, 5)
    hasher.count = 0
    expect((await acts[0]?.[1](token, person.password))?.status).toBe(429)
    expect(hasher.count).toBe(0)
  })

  test('an attempt of one session takes nothing from another', async () => {
    const { person, token } = await withDevice()
    for (let time = 0; time < 6; time++) await acts[0]?.[1](token, WRONG)
    const { access_token: other } = await tested.openSession(person)
    expect((await acts[1]?.[1](other, person.password))?.status).toBe(204)
  })
})

describe('known and unknown accounts', () => {
  test('can not be told apart before, at and after the limit (row 58)', async () => {
    const none = createPasswordHasher({ iterations: 10, rounds: 1 }, tested.deps.random.bytes)
    const people = {
      known: await register(),
      disabled: await register(),
      locked: await register(),
      withoutPassword: await register(),
      outdated: await register(),
    }
    const set = (column: string, id: number, value: unknown) =>
      database.sql(`update users set ${column} = $1 where id = $2`, [value, id])
    await set('disabled_at', people.disabled.id, '2026-01-01')
    await set('consecutive_failures', people.locked.id, 100)
    await set('password_hash', people.withoutPassword.id, null)
    await set('password_hash', people.outdated.id, await none.hash('another'))
    const shapesOf = async (email: string, password: string) => {
      elsewhere()
      const shapes = []
      for (let attempt = 0; attempt < 8; attempt++) {
        if (attempt === 7) later(60)
        hasher.count = 0
        await database.roundTrips()
        const response = await login(email, password)
        const id = response.headers.get('X-Request-Id') ?? 'none'
        const headers = [...response.headers].filter(
          ([name]) => !['x-request-id', 'server-timing'].includes(name),
        )
        const body = (await response.text()).replaceAll(id, '<id>')
        const [hashes, statements] = [hasher.count, await database.roundTrips()]
        shapes.push({ status: response.status, headers, body, hashes, statements })
      }
      return shapes
    }
    const unknown = await shapesOf('nobody-at-all@example.com', WRONG)
    expect(unknown.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 429, 429, 401])
    for (const [kind, { email }] of Object.entries(people)) {
      expect(await shapesOf(email, WRONG), kind).toEqual(unknown)
    }
    // Nor by the right password, where that opens nothing.
    for (const { email, password } of [people.disabled, people.locked]) {
      later(600)
      expect(await shapesOf(email, password)).toEqual(unknown)
    }
  })

  test('cost the same work, whatever is stored for them (row 56)', async () => {
    const due = TEST_WORK.iterations * TEST_WORK.rounds
    const spent: number[] = []
    const original = crypto.subtle.deriveBits
    Object.defineProperty(crypto.subtle, 'deriveBits', {
      configurable: true,
      value: (algorithm: Pbkdf2Params, ...rest: [CryptoKey, number]) => {
        spent.push(algorithm.iterations)
        return original(algorithm, ...rest)
      },
    })
    try {
      for (const [iterations, rounds] of [
        [1, 1],
        [10, 1],
        [33, 2],
        [50, 2],
        [99, 1],
      ] as const) {
        const older = createPasswordHasher({ iterations, rounds }, tested.deps.random.bytes)
        const person = await register()
        const stored = await older.hash(person.password)
        await database.sql('update users set password_hash = $1 where id = $2', [stored, person.id])
        const work = async (password: string) => {
          elsewhere()
          spent.length = 0
          expect((await login(person.email, password)).status).toBe(401)
          return spent.reduce((sum, each) => sum + each, 0)
        }
        expect(await work(WRONG)).toBe(due)
        // The right password opens neither of these, and must not be told from a wrong one by its work.
        const set = (what: string) => database.sql(`update users set ${what} where id = $1`, [person.id])
        await set('consecutive_failures = 100')
        expect(await work(person.password)).toBe(due)
        await set('consecutive_failures = 0, disabled_at = now()')
        expect(await work(person.password)).toBe(due)
      }
    } finally {
      Object.defineProperty(crypto.subtle, 'deriveBits', { configurable: true, value: original })
    }
  })
})

test('the table of limits contains neither identifiers nor addresses', async () => {
  const person = await register()
  await login(person.email, WRONG)
  const rows = await database.sql('select key from rate_limits')
  expect(rows.length).toBeGreaterThan(2)
  for (const { key } of rows)
    expect(key).toMatch(
      /^(account|act|address|device|mail_\w+|new_device|profile|register|session):[\w-]{22}$/,
    )
})

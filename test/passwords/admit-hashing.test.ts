import { describe, expect, test } from 'vitest'
import { createAdmission } from '../../src/limits/admission.ts'
import { createTestApp, newPerson } from '../support/test-app.ts'

/** An application with the bounds of a machine with two cores, for clients whose address a test says. */
async function createBounded() {
  const client = { address: '' }
  const admission = createAdmission({
    running: 1,
    waiting: 32,
    // Nobody's patience ends while a busy machine runs the test.
    deadlineMilliseconds: 600_000,
    leaseMilliseconds: Number.POSITIVE_INFINITY,
    now: () => performance.now(),
    sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  })
  const tested = await createTestApp({ deps: { admission, clientAddress: () => client.address } })
  const from = <T>(address: string, act: () => Promise<T>) => {
    client.address = address
    return act()
  }
  return { ...tested, admission, from }
}

describe('a flood of requests that cost a hash (row 31)', () => {
  test('beyond the queue is answered 503 with Retry-After; requests without a hash do not wait', async () => {
    const { post, me, request, register, openSession, from, hasher, admission, log } = await createBounded()
    const person = await from('198.51.100.1', register)
    const session = await from('198.51.100.1', () => openSession(person))
    hasher.count = 0
    const tried: string[] = []
    const verify = hasher.verify.bind(hasher)
    hasher.verify = (password, stored) => {
      tried.push(password)
      return verify(password, stored)
    }
    // The only place, held until the test has looked at everybody else.
    let release = () => {}
    const held = admission.run('203.0.113.0', () => new Promise<void>((resolve) => (release = resolve)))
    const flood = Array.from({ length: 60 }, () =>
      from('203.0.113.1', () => post('/login', { email: person.email, password: 'not the password' })),
    )
    const settled: number[] = []
    for (const each of flood) void each.then(({ status }) => settled.push(status))
    expect((await me(session.access_token)).status).toBe(200)
    expect((await post('/refresh', { refresh_token: session.refresh_token })).status).toBe(200)
    expect((await request('/health')).status).toBe(200)
    expect((await request('/ready')).status).toBe(200)
    await expect.poll(() => settled.length).toBe(60 - 32)
    expect(hasher.count).toBe(0)
    const honest = from('198.51.100.1', () =>
      post('/login', { email: person.email, password: person.password }),
    )
    // The latest of the flood made room for who came from elsewhere.
    await expect.poll(() => settled.length).toBe(60 - 32 + 1)
    release()
    await held
    expect((await honest).status).toBe(200)
    const responses = await Promise.all(flood)
    // Only the flood's first came before: after its turn, its network's last turn was the latest.
    expect(tried.indexOf(person.password)).toBe(1)
    const refused = responses.filter(({ status }) => status === 503)
    expect(refused).toHaveLength(60 - 32 + 1)
    for (const response of refused) {
      expect(response.headers.get('Retry-After')).toMatch(/^[1-9]\d?$/)
      expect(await response.json()).toMatchObject({ code: 'overloaded' })
    }
    expect(responses.filter(({ status }) => status === 401)).toHaveLength(31)
    // A flood fills no log with stacks.
    expect(log).toEqual([])
  })

  test('a full queue refuses sign-in and registration before any query and spends no limit', async () => {
    const { post, from, register, hasher, admission, database } = await createBounded()
    const person = await from('198.51.100.2', register)
    let release = () => {}
    const held = admission.run('203.0.113.2', () => new Promise<void>((resolve) => (release = resolve)))
    const queued = Array.from({ length: 32 }, () => admission.run('203.0.113.2', () => Promise.resolve()))
    hasher.count = 0
    await database.roundTrips()
    const before = await database.sql('select * from rate_limits order by key')
    for (const [path, body] of [
      ['/login', { email: person.email, password: person.password }],
      ['/users', newPerson()],
    ] as const) {
      const response = await from('203.0.113.2', () => post(path, body))
      expect(response.status).toBe(503)
      expect(response.headers.get('Retry-After')).toMatch(/^[1-9]\d?$/)
    }
    expect(await database.roundTrips()).toEqual([])
    expect(hasher.count).toBe(0)
    expect(await database.sql('select * from rate_limits order by key')).toEqual(before)
    release()
    await Promise.all([held, ...queued])
  })

  test('an attempt that found no turn is none: it is not counted, for a known browser neither', async () => {
    const { register, database, post, from } = await createBounded()
    const { deviceOf } = await import('../support/guessing.ts')
    const person = await from('198.51.100.4', register)
    const { email, password } = person
    const device = deviceOf(await from('198.51.100.4', () => post('/login', { email, password })))
    const busy = await createTestApp({
      variables: { LIMIT_SIGN_IN_ACCOUNT: '5/300' },
      deps: {
        admission: {
          assertRoom: () => {},
          run: (network, work) => createAdmission({ ...full }).run(network, work),
        },
      },
    })
    for (const headers of [{}, device] as Record<string, string>[]) {
      for (let time = 0; time < 8; time++)
        expect((await busy.post('/login', { email, password }, headers)).status).toBe(503)
    }
    const [{ most } = {}] = await database.sql(
      "select max(attempts) as most from rate_limits where key like 'device:%'",
    )
    expect(most).toBe('0')
  })

  test('an upgrade of the hash is left for another time, and the sign-in succeeds', async () => {
    const { post, from, register, admission, database, deps } = await createBounded()
    const person = await from('198.51.100.3', register)
    const { createPasswordHasher } = await import('../../src/crypto/password.ts')
    const older = createPasswordHasher({ iterations: 10, rounds: 1 }, deps.random.bytes)
    const stored = await older.hash(person.password)
    await database.sql('update users set password_hash = $1 where id = $2', [stored, person.id])
    const run: typeof admission.run = async (network, work) => {
      const done = await admission.run(network, work)
      // From now on there is no room.
      flooded = true
      return done
    }
    let flooded = false
    const busy = await createTestApp({
      deps: {
        admission: {
          assertRoom: () => {},
          run: (network, work) =>
            flooded ? createAdmission({ ...full }).run(network, work) : run(network, work),
        },
      },
    })
    const response = await busy.post('/login', { email: person.email, password: person.password })
    expect(response.status).toBe(200)
    const [row] = await database.sql('select password_hash as hash from users where id = $1', [person.id])
    expect(row?.['hash']).toBe(stored)
    void post
  })
})

/** Nobody may wait. */
const full = {
  running: 0,
  waiting: 0,
  deadlineMilliseconds: 0,
  leaseMilliseconds: 1,
  now: () => 0,
  sleep: () => Promise.resolve(),
}

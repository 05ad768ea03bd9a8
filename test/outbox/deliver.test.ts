import { describe, expect, test } from 'vitest'
import type { AppDeps, Channel, Delivery } from '../../src/deps.ts'
import { claimDeliveries } from '../../src/outbox/claim.sql.ts'
import { deliver } from '../../src/outbox/deliver.ts'
import { deliverDue } from '../../src/outbox/deliver-due.ts'
import { listWaiting } from '../../src/outbox/list-waiting.ts'
import { retryDeliveries } from '../../src/outbox/retry.ts'
import { createTestApp, createTestDatabase, newPerson, tokenIn } from '../support/test-app.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** An app whose mails go to a server that tests can break. */
async function createMailingApp(replaced: Partial<AppDeps> = {}) {
  const server = {
    isDown: false,
    tries: 0,
    taken: [] as { id: string; name: string; to: string }[],
    error: {},
    refused: new Set<string>(),
  }
  const channel: Channel = ({ id, name, recipient }) => {
    server.tries++
    if (server.isDown || server.refused.has(recipient))
      return Promise.reject(Object.assign(new Error('The mail server answered 503'), server.error))
    server.taken.push({ id, name, to: recipient })
    return Promise.resolve()
  }
  const app = await createTestApp({
    database: await createTestDatabase(),
    // Never asked: the channel below takes the place of what it names.
    variables: { MAIL_URL: 'smtp://localhost:1', MAIL_FROM: 'no-reply@example.com' },
    deps: { channels: { mail: channel }, ...replaced },
  })
  const later = (milliseconds: number) => {
    app.clock.now = new Date(app.clock.now.getTime() + milliseconds)
  }
  const db = app.deps.connect({ roundTrips: 0, milliseconds: 0 })
  const runSchedule = () => deliverDue({ ...app.deps, db })
  /** Claims what is due, as one schedule; and sends one, as it goes on. */
  const claim = () => claimDeliveries(db, { kind: 'mail', now: app.clock.now, limit: 10 })
  const send = (delivery: Delivery) => deliver({ ...app.deps, db }, delivery, { retriesSoon: false })
  const rows = () => app.database.sql('select * from outbox order by created_at, id')
  return { ...app, server, later, runSchedule, claim, send, rows }
}

describe('a mail is stored with what it announces, and sent after the response', () => {
  test('the response has its own round trips only; sending costs one more', async () => {
    const { post, settled, server, database, rows } = await createMailingApp()
    const { email, ...person } = newPerson()
    const response = await post('/users', { email, ...person })
    expect(response.status).toBe(201)
    expect(response.headers.get('Server-Timing')).toContain('"1 round trips"')
    await settled()
    expect(server.taken.map(({ to }) => to)).toEqual([email])
    expect(await database.roundTrips()).toHaveLength(2)
    const [row] = await rows()
    expect(row?.['sent_at']).not.toBeNull()
    expect(row?.['id']).toBe(server.taken[0]?.id)
  })

  test('nothing stored opens an account: neither payload nor token row holds the link (row 118)', async () => {
    const { register, post, deps, database, settled } = await createMailingApp()
    const { email } = await register()
    await post('/password-resets', { email })
    await settled()
    const stored = JSON.stringify(await database.sql('select * from outbox, one_time_tokens'))
    const rows = await database.sql('select name, payload::text as payload from outbox')
    for (const { name, payload } of rows) {
      const mail = { name, payload: JSON.parse(payload ?? '{}') as object }
      const { text } = await deps.composeMail(mail as never)
      expect(tokenIn(text)).not.toBe('')
      expect(stored).not.toContain(tokenIn(text))
    }
  })

  test('an act that is refused stores no mail', async () => {
    const { register, post, rows } = await createMailingApp()
    const person = await register()
    expect(await rows()).toHaveLength(1)
    expect((await post('/users', { ...newPerson(), email: person.email })).status).toBe(409)
    expect((await post('/login', { email: person.email, password: 'wrong' })).status).toBe(401)
    expect((await post('/password-resets', { email: 'nobody@example.com' })).status).toBe(202)
    expect(await rows()).toHaveLength(1)
  })
})

describe('a mail server that is down (row 38)', () => {
  test('changes no answer, and every mail arrives once it is back', async () => {
    const { post, settled, server, later, runSchedule, rows, register } = await createMailingApp()
    server.isDown = true
    const people = []
    for (let number = 0; number < 12; number++) people.push(await register())
    expect((await post('/password-resets', { email: people[0]?.email })).status).toBe(202)
    await settled()
    expect(server.taken).toEqual([])
    const [failed] = await rows()
    expect(failed).toMatchObject({ attempts: '1', last_error: 'The mail server answered 503', sent_at: null })
    server.isDown = false
    expect(await runSchedule()).toBe(0)
    later(MINUTE)
    expect(await runSchedule()).toBe(13)
    expect(server.taken.map(({ to }) => to).sort()).toEqual(
      [...people, people[0]].map((person) => person?.email).sort(),
    )
    expect(await runSchedule()).toBe(0)
    later(HOUR)
    expect(await runSchedule()).toBe(0)
  })

  test('is asked less and less often: after one, two, four minutes … an hour', async () => {
    const { register, settled, server, later, runSchedule } = await createMailingApp()
    server.isDown = true
    await register()
    await settled()
    const waits = []
    for (const _ of Array(8)) {
      const before = server.tries
      let minutes = 0
      while (server.tries === before && minutes < 100) {
        minutes++
        later(MINUTE)
        await runSchedule()
      }
      waits.push(minutes)
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60])
  })

  test('for a day: then the mail is given up, which an event, the log and /ready say', async () => {
    const { register, request, settled, server, later, runSchedule, rows, database, log } =
      await createMailingApp()
    server.isDown = true
    const { id } = await register()
    await settled()
    later(24 * HOUR - 1000)
    await runSchedule()
    expect((await rows())[0]?.['given_up_at']).not.toBeNull()
    later(2000)
    await runSchedule()
    server.isDown = false
    expect(await runSchedule()).toBe(0)
    const events = await database.sql(`select user_id, details::text from audit_events where type = $1`, [
      'delivery_given_up',
    ])
    expect(events).toEqual([
      { user_id: String(id), details: '{"kind": "mail", "name": "email_verification"}' },
    ])
    expect(log.filter(({ event }) => event === 'delivery_failed').length).toBeGreaterThan(0)
    const ready = (await (await request('/ready')).json()) as { outbox: object }
    expect(ready.outbox).toEqual({ status: 'given_up' })
  })

  test('a link that has expired is not sent: a reset is given up after its hour', async () => {
    const { register, post, settled, server, later, runSchedule, database } = await createMailingApp()
    const { email } = await register()
    await settled()
    server.isDown = true
    await post('/password-resets', { email })
    await settled()
    server.isDown = false
    server.taken.length = 0
    later(HOUR)
    expect(await runSchedule()).toBe(0)
    expect(server.taken).toEqual([])
    const [event] = await database.sql(`select details::text from audit_events where type = $1`, [
      'delivery_given_up',
    ])
    expect(event?.['details']).toContain('password_reset')
  })
})

describe('a process that ends in between', () => {
  test('before it sends: the mail is due when the lease is over', async () => {
    // The work after the response never begins.
    const { register, server, later, runSchedule } = await createMailingApp({ deliverSoon: async () => {} })
    await register()
    later(2 * MINUTE - 1000)
    expect(await runSchedule()).toBe(0)
    later(1000)
    expect(await runSchedule()).toBe(1)
    expect(server.taken).toHaveLength(1)
  })

  test('after it sent and before it recorded that: sent again, with the same id', async () => {
    const { register, settled, server, later, runSchedule, database } = await createMailingApp()
    await register()
    await settled()
    await database.sql(`update outbox set sent_at = null, locked_until = $1`, [
      new Date(Date.UTC(2026, 10, 22, 12, 2)).toISOString(),
    ])
    later(2 * MINUTE)
    expect(await runSchedule()).toBe(1)
    expect(server.taken).toHaveLength(2)
    expect(new Set(server.taken.map(({ id }) => id)).size).toBe(1)
  })

  test('two schedules at once send each mail once', async () => {
    const { register, settled, server, later, runSchedule } = await createMailingApp()
    server.isDown = true
    for (let number = 0; number < 25; number++) await register()
    await settled()
    server.isDown = false
    later(HOUR)
    const sent = await Promise.all([runSchedule(), runSchedule(), runSchedule()])
    expect(sent.reduce((sum, count) => sum + count, 0)).toBe(25)
    expect(new Set(server.taken.map(({ id }) => id)).size).toBe(25)
    expect(server.taken).toHaveLength(25)
  })
})

describe('a mail that has become pointless', () => {
  test('a newer link of its kind replaces it: what arrives last works, and no alarm rings', async () => {
    const { register, post, request, settled, server, later, runSchedule, database, rows, deps } =
      await createMailingApp()
    const { email } = await register()
    await settled()
    server.isDown = true
    await post('/password-resets', { email })
    await settled()
    later(1000)
    server.isDown = false
    await post('/password-resets', { email })
    await settled()
    server.taken.length = 0
    later(HOUR / 2)
    expect(await runSchedule()).toBe(0)
    expect(server.taken).toEqual([])
    const unsent = (await rows()).filter(({ sent_at }) => sent_at === null)
    expect(unsent.map(({ name, given_up_reason }) => [name, given_up_reason])).toEqual([
      ['password_reset', 'replaced'],
    ])
    const events = await database.sql(`select from audit_events where type = 'delivery_given_up'`)
    expect(events).toEqual([])
    const ready = (await (await request('/ready')).json()) as { outbox: object }
    expect(ready.outbox).toEqual({ status: 'ok' })
    expect(await listWaiting({ db: deps.connect({ roundTrips: 0, milliseconds: 0 }) })).toEqual([])
  })

  test('a newer link of another account to the same address replaces none', async () => {
    const { register, openSession, as, settled, server, later, runSchedule } = await createMailingApp()
    const [one, other] = [await register(), await register()]
    const address = newPerson().email
    const ask = async (person: typeof one) => {
      const session = as(await openSession(person))
      await session.post('/users/me/email', { new_email: address, password: person.password })
      await settled()
    }
    await settled()
    server.isDown = true
    await ask(one)
    later(1000)
    server.isDown = false
    server.taken.length = 0
    await ask(other)
    later(MINUTE)
    await runSchedule()
    expect(server.taken.filter(({ to }) => to === address)).toHaveLength(2)
  })

  test('one that was refused for good is given up after three tries, not after a day', async () => {
    const { register, settled, server, later, runSchedule, rows } = await createMailingApp()
    server.isDown = true
    server.error = { isFinal: true }
    await register()
    await settled()
    for (let run = 0; run < 5; run++) {
      later(HOUR)
      await runSchedule()
    }
    expect(server.tries).toBe(3)
    expect((await rows())[0]?.['given_up_reason']).toBe('refused')
  })

  test('an operator’s retry spares what is being sent, and what has expired', async () => {
    const { register, post, settled, server, later, deps, rows } = await createMailingApp()
    const retry = (id: string | null = null) =>
      retryDeliveries({ ...deps, db: deps.connect({ roundTrips: 0, milliseconds: 0 }) }, { id })
    const { email } = await register()
    await settled()
    server.isDown = true
    await post('/password-resets', { email })
    expect(await retry()).toBe(0)
    await settled()
    expect(await retry()).toBe(1)
    later(HOUR)
    expect(await retry()).toBe(0)
    const [row] = (await rows()).filter(({ name }) => name === 'password_reset')
    expect(await retry(row?.['id'] ?? '')).toBe(0)
  })
})

describe('recipients who are refused keep nobody waiting', () => {
  test('a run goes on after a batch of them', async () => {
    const { register, settled, server, later, runSchedule } = await createMailingApp()
    server.isDown = true
    const people = []
    for (let number = 0; number < 14; number++) people.push(await register())
    await settled()
    server.isDown = false
    server.error = { isAboutOne: true }
    server.refused = new Set(people.slice(0, 11).map(({ email }) => email))
    later(MINUTE)
    expect(await runSchedule()).toBe(3)
  })

  test('and what was tried often is tried before what is newer: new mail can’t keep it back', async () => {
    const { register, settled, server, later, runSchedule, claim, database } = await createMailingApp()
    server.isDown = true
    const { email } = await register()
    await settled()
    for (let run = 0; run < 5; run++) {
      later(HOUR)
      await runSchedule()
    }
    later(HOUR)
    await database.sql(`insert into outbox (kind, name, recipient, user_id, payload, created_at, not_before, attempts, is_replaceable, give_up_at)
      select 'mail', name, 'newer@example.com', user_id, payload, created_at, not_before + interval '1 second', 2, false, '2100-01-01'
      from outbox, generate_series(1, 20)`)
    expect((await claim()).map(({ recipient }) => recipient)).toContain(email)
  })
})

describe('two processes never send the same mail at the same time', () => {
  test('a try begins only if it ends before its claim', async () => {
    const { register, settled, server, later, claim, send } = await createMailingApp()
    server.isDown = true
    await register()
    await settled()
    server.isDown = false
    later(HOUR)
    const [late] = await claim()
    later(2 * MINUTE - 39_000)
    const before = server.tries
    expect(await send(late as Delivery)).toBe('failed')
    expect(server.tries).toBe(before)
    later(39_000)
    const [again] = await claim()
    later(2 * MINUTE - 40_000)
    expect(await send(again as Delivery)).toBe('sent')
  })

  test('a failure that arrives after the next claim changes nothing', async () => {
    const { register, settled, server, later, claim, send, rows } = await createMailingApp()
    server.isDown = true
    await register()
    await settled()
    later(HOUR)
    const [slow] = await claim()
    later(2 * MINUTE)
    await claim()
    const [before] = await rows()
    await send({ ...(slow as Delivery), lockedUntil: Number.MAX_SAFE_INTEGER })
    expect(await rows()).toEqual([before])
  })

  test('what is being sent is not given up, though its time is over', async () => {
    const { register, settled, server, later, claim, send, runSchedule, rows } = await createMailingApp()
    server.isDown = true
    await register()
    await settled()
    server.isDown = false
    later(24 * HOUR - MINUTE)
    const [last] = await claim()
    later(MINUTE)
    await runSchedule()
    expect((await rows())[0]?.['given_up_at']).toBeNull()
    expect(await send(last as Delivery)).toBe('sent')
  })
})

test('one dead receiver stops its own kind only', async () => {
  const { register, settled, server, later, database, deps } = await createMailingApp()
  server.isDown = true
  await register()
  await settled()
  server.isDown = false
  await database.sql(`insert into outbox (kind, name, recipient, user_id, payload, created_at, not_before, is_replaceable, give_up_at)
    select 'webhook', 'user.created', 'https://example.com', 1, '{}', '2020-01-01', '2020-01-01', false, '2100-01-01'
    from generate_series(1, 30)`)
  later(MINUTE)
  const hooks = { tries: 0 }
  const webhook: Channel = () => {
    hooks.tries++
    return Promise.reject(new Error('gone'))
  }
  const db = deps.connect({ roundTrips: 0, milliseconds: 0 })
  const channels = { webhook, ...deps.channels }
  expect(await deliverDue({ ...deps, db, channels })).toBe(1)
  expect(hooks.tries).toBe(10)
})

test('the first success after a failure takes along what waits', async () => {
  const { register, settled, server, later } = await createMailingApp()
  server.isDown = true
  for (let number = 0; number < 3; number++) await register()
  await settled()
  server.isDown = false
  later(MINUTE)
  await register()
  await settled()
  expect(server.taken).toHaveLength(4)
})

test('while twenty requests are sending, the mails of others wait for the schedule', async () => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const held: Channel = () => promise
  const { register, settled, later, rows, deps } = await createMailingApp({ channels: { mail: held } })
  for (let number = 0; number < 25; number++) await register()
  await expect.poll(async () => (await rows()).length).toBe(25)
  resolve()
  await settled()
  expect((await rows()).filter(({ sent_at }) => sent_at !== null)).toHaveLength(20)
  later(2 * MINUTE)
  const db = deps.connect({ roundTrips: 0, milliseconds: 0 })
  expect(await deliverDue({ ...deps, db })).toBe(5)
})

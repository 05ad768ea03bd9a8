import { expect, inject } from 'vitest'
import { jobs } from '../../../src/app.ts'
import { runFrequent } from '../../../src/schedule/run-scheduled.ts'
import { FAULTS, type FaultName } from '../../support/fault-names.ts'
import type { createTestDatabase } from '../../support/test-app.ts'
import { ask, type Reference, shapeOf } from './run-case.ts'
import { createWorld } from './world.ts'

type Database = Awaited<ReturnType<typeof createTestDatabase>>

/** Whatever answers 2xx is taken for the provider: TLS says who it is. */
const COUNTS_AS_SENT: readonly FaultName[] = [
  ...(['stalls', 'answers-html', 'answers-nothing', 'answers-null', 'answers-object'] as const),
  ...(['answers-odd-rows', 'answers-short-rows', 'answers-an-empty-row', 'answers-null-columns'] as const),
  ...(['breaks-off-the-answer', 'garbles-the-answer', 'is-slow'] as const),
]

/** Whether a flow sends mails. */
export const sendsMail = ({ flow, states }: Reference): boolean =>
  flow.status < 300 && (states.at(-1)?.outbox.length ?? 0) > (states[0]?.outbox.length ?? 0)

type Sent = { headers: Record<string, string> }

/**
 * Sends a flow's request while every request to the mail provider fails, and lets the provider work again: the
 * answer is as without mail, each mail waits, and the schedule sends it.
 *
 * @throws AssertionError that says what did not hold
 */
export async function runMail(
  { reference, fault }: { reference: Reference; fault: FaultName },
  database: Database,
): Promise<void> {
  const { flow, states, body } = reference
  const [provider, who, late] = [inject('mailProviderUrl'), crypto.randomUUID(), crypto.randomUUID()]
  const world = await createWorld(database, 15_000, {
    ...flow.variables,
    MAIL_URL: `resend:re_canary?endpoint=${provider}/accepts/${who}`,
    MAIL_FROM: 'no-reply@example.com',
  })
  const { app, outside } = world
  const arrived = async () =>
    ((await (await fetch(`${provider}/requests/${who}`)).json()) as Sent[]).map(
      ({ headers }) => headers['idempotency-key'],
    )
  const rows = () => database.sql('select id, sent_at, attempts, locked_until, last_error from outbox')
  const prepared = await flow.given(world)
  await app.settled()
  const before = new Set((await rows()).map(({ id }) => id))
  await arrived()
  app.log.length = 0
  const { result: answer } = await outside.during({ fault: { fault, server: 'mail', late } }, async () => {
    const found = await ask(world, prepared)
    await app.settled()
    return found
  })
  expect(answer.status, answer.body).toBe(flow.status)
  expect(shapeOf(answer.body)).toBe(body)
  expect(JSON.stringify([...app.log, ...app.requests])).not.toMatch(/canary|@example|eyJ|\$pbkdf2/)
  const waiting = (await rows()).filter(({ id }) => !before.has(id))
  expect(waiting).toHaveLength((states.at(-1)?.outbox.length ?? 0) - (states[0]?.outbox.length ?? 0))
  const isSent = COUNTS_AS_SENT.includes(fault)
  for (const row of waiting) {
    expect(row['sent_at'] !== null, 'whether it counts as sent').toBe(isSent)
    expect(row).toMatchObject({ attempts: '1', locked_until: null })
    expect(row['last_error'] ?? 'nothing').not.toMatch(/canary|@|#token/)
    expect(row['last_error'] === null, 'whether no failure is on record').toBe(isSent)
  }
  if (FAULTS[fault].request === 'late') await outside.arrive(late)
  const first = await arrived()
  if (FAULTS[fault].request === 'lost') expect(first).toEqual([])
  app.clock.now = new Date(app.clock.now.getTime() + 60_000)
  await runFrequent(app.deps, jobs)
  const keys = waiting.map(({ id }) => `${id}@localhost`)
  // Once more, or for the first time; a provider that had taken it over knows the key.
  expect((await arrived()).toSorted()).toEqual(isSent ? [] : keys.toSorted())
  expect(keys).toEqual(expect.arrayContaining(first))
  for (const row of await rows()) expect(row['sent_at'], 'all is sent in the end').not.toBeNull()
  await runFrequent(app.deps, jobs)
  expect(await arrived(), 'what was sent is not sent again').toEqual([])
}

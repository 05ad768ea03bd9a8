import type { createTestApp } from '../../support/test-app.ts'
import type { Asked, createCheck, Received } from './check-response.ts'
import { type Base, type Draft, introduce, show, toRequest } from './draft.ts'
import type { Mutation } from './mutations.ts'
import type { createWatchdog } from './watchdog.ts'
import type { World } from './world.ts'

type App = Awaited<ReturnType<typeof createTestApp>>

/** One request of the fuzzer: a valid one, what was changed about it, and the limits it meets. */
export type Case = { base: Base; changes: Mutation[]; isLimited: boolean }

export type Outcome = { status: number; problems: string[]; shown: string }

/** A busy machine is no failure: only what is slow three times is. */
const SLOW_MILLISECONDS = 5000
const ATTEMPTS_IF_SLOW = 3
const NEVER_MILLISECONDS = 15_000

type Fuzzed = {
  /** With generous limits, and with those of production. */
  apps: { generous: App; limited: App }
  world: World
  check: ReturnType<typeof createCheck>['check']
  watchdog: ReturnType<typeof createWatchdog>
}

/** Sends cases, and says what is wrong about each response; `null`: no `Request` can be like that. */
export function createExchange({ apps, world, check, watchdog }: Fuzzed) {
  const prepare = ({ base, changes }: Case): Draft => {
    const fill = (text: string) => world.fill(text, base.caller, base.operation.path)
    const introduced = introduce(base, world.selfOf(base.caller), fill)
    const changed = changes.reduce((draft, { apply }) => apply(draft), introduced)
    return { ...changed, query: changed.query.map(fill) }
  }
  const once = async (one: Case, draft: Draft): Promise<Outcome | null> => {
    const request = build(draft)
    if (!request) return null
    const app = one.isLimited ? apps.limited : apps.generous
    const shown = show(one.base, draft)
    const asked = askedBy(request, draft, world)
    watchdog.begin(shown)
    const { received, milliseconds } = await answer(app, request)
    watchdog.end()
    // Otherwise buckets never refill and grace never ends.
    for (const { clock } of Object.values(apps)) clock.now = new Date(clock.now.getTime() + 1000)
    if (!received) return { status: 0, problems: [`no answer in ${NEVER_MILLISECONDS} ms`], shown }
    const failed = app.log.splice(0).filter(({ event }) => event === 'request_failed')
    const problems = [
      ...check(received, asked),
      ...(failed.length > 0 ? ['it logs request_failed'] : []),
      ...(milliseconds > SLOW_MILLISECONDS ? ['it is slow'] : []),
    ]
    if (received.status < 300) learn(world, received)
    return {
      status: received.status,
      problems,
      shown: [shown, describe(received), ...failed.map((entry) => logged(entry))].join('\n'),
    }
  }
  return async (one: Case): Promise<Outcome | null> => {
    await world.tick()
    let outcome = await once(one, prepare(one))
    if (outcome && hasLostCaller(one, outcome)) {
      await world.renew(one.base.caller)
      outcome = await once(one, prepare(one))
    }
    for (let attempt = 1; attempt < ATTEMPTS_IF_SLOW && outcome?.problems.includes('it is slow'); attempt++)
      outcome = await once(one, prepare(one))
    return outcome
  }
}

function build(draft: Draft): Request | null {
  try {
    return toRequest(draft)
  } catch (error) {
    if (error instanceof TypeError) return null
    throw error
  }
}

/** Which of our secrets it sends. */
function askedBy(request: Request, draft: Draft, world: World): Asked {
  const sent = JSON.stringify([draft.path, draft.query, draft.headers, draft.value])
  return {
    method: request.method,
    pathname: new URL(request.url).pathname,
    secrets: world.secrets().filter((secret) => sent.includes(secret)),
  }
}

async function answer({ app }: App, request: Request) {
  const started = performance.now()
  const read = async (): Promise<Received> => {
    const response = await app.fetch(request)
    const body = new Uint8Array(await response.arrayBuffer())
    return { status: response.status, headers: response.headers, body }
  }
  let timer: NodeJS.Timeout | undefined
  const never = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), NEVER_MILLISECONDS)
  })
  const received = await Promise.race([read(), never])
  clearTimeout(timer)
  return { received, milliseconds: performance.now() - started }
}

/** Earlier requests end sessions, disable accounts and take roles away. */
function hasLostCaller({ base, changes }: Case, { status, shown }: Outcome): boolean {
  if (base.caller.who === 'nobody' || changes.some(({ layer }) => layer === 'headers')) return false
  return status === 401 || (status === 403 && shown.includes('The permission '))
}

function learn(world: World, { headers, body }: Received): void {
  if (headers.get('Content-Type') !== 'application/json' || body.length > 30_000) return
  try {
    world.learn(JSON.parse(new TextDecoder().decode(body)))
  } catch {
    // The check says that it is no JSON.
  }
}

const logged = (entry: object) => `log: ${JSON.stringify(entry).slice(0, 800)}`

const describe = ({ status, headers, body }: Received) =>
  `answer: ${status} ${headers.get('Content-Type') ?? ''} ${new TextDecoder().decode(body).slice(0, 600)}`

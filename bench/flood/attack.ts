import { Agent, type Dispatcher } from 'undici'
import { type Answer, call, type Target } from './client.ts'
import { serveJobs } from './client-process.ts'

export type Flood = {
  target: Target
  addresses: readonly string[]
  /** For each address. */
  requests: number
  /** Connections for each address. */
  atOnce: number
  /** The least time between two requests of a connection: quick refusals would end the flood at once. */
  paceMilliseconds: number
  capMilliseconds: number
}

export type Flooded = {
  seconds: number
  /** Of this process, which shares the cores with the server. */
  cpuSeconds: number
  sent: number
  /** By status; `none` for requests that the server dropped. */
  statuses: Record<string, number>
  /** Sent, and without a response when the time was over. */
  unanswered: number
  /** How many of the responses 429 and 503 lack a positive whole number in `Retry-After`. */
  withoutRetryAfter: number
}

let people = 0

/** Alternates between registering and signing in, each time with a new name. */
function nextRequest() {
  people++
  const username = `flood${people}x${process.pid}`
  const account = { email: `${username}@example.com`, password: 'the password of no account' }
  return people % 2
    ? { path: '/users', json: { ...account, username, full_name: 'Flood Person' } }
    : { path: '/login', json: account }
}

/** Sends until every address has sent its requests, or the time is over. */
async function flood({ addresses, capMilliseconds, ...each }: Flood): Promise<Flooded> {
  const result: Flooded = {
    seconds: 0,
    cpuSeconds: 0,
    sent: 0,
    statuses: {},
    unanswered: 0,
    withoutRetryAfter: 0,
  }
  const over = new AbortController()
  const timer = setTimeout(() => over.abort(), capMilliseconds)
  const [start, cpu] = [performance.now(), process.cpuUsage()]
  await Promise.all(addresses.map((address) => floodFrom(address, { ...each, over: over.signal, result })))
  clearTimeout(timer)
  const { user, system } = process.cpuUsage(cpu)
  return { ...result, seconds: (performance.now() - start) / 1000, cpuSeconds: (user + system) / 1e6 }
}

type FromOne = Omit<Flood, 'addresses' | 'capMilliseconds'> & { over: AbortSignal; result: Flooded }

async function floodFrom(address: string, flood: FromOne): Promise<void> {
  const dispatcher = new Agent({
    connections: flood.atOnce,
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  let left = flood.requests
  const take = () => left-- > 0
  await Promise.all(
    Array.from({ length: flood.atOnce }, () => oneLane(take, address, { ...flood, dispatcher })),
  )
  await dispatcher.destroy()
}

async function oneLane(
  take: () => boolean,
  address: string,
  { target, paceMilliseconds, over, result, dispatcher }: FromOne & { dispatcher: Dispatcher },
): Promise<void> {
  while (!over.aborted && take()) {
    const next = performance.now() + paceMilliseconds
    result.sent++
    const answer = await call(target, dispatcher, { ...nextRequest(), method: 'POST', address, signal: over })
    count(result, answer, over.aborted)
    const wait = next - performance.now()
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
  }
}

function count(result: Flooded, { status, hasRetryAfter }: Answer, isOver: boolean): void {
  if (status === null && isOver) {
    result.unanswered++
    return
  }
  const name = String(status ?? 'none')
  result.statuses[name] = (result.statuses[name] ?? 0) + 1
  if ((status === 429 || status === 503) && !hasRetryAfter) result.withoutRetryAfter++
}

const jobs = { flood }
export type AttackJobs = typeof jobs

if (import.meta.main) serveJobs(jobs)

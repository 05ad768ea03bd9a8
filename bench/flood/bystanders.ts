import { setTimeout as sleep } from 'node:timers/promises'
import { Agent } from 'undici'
import { type Answer, type Call, call, type Target } from './client.ts'
import { serveJobs } from './client-process.ts'

/** The requests of honest people during a flood. */
export const KINDS = ['current user', 'refresh', 'health', 'sign in'] as const
export type Kind = (typeof KINDS)[number]
/** One request. A refresh with status 401 means that somebody was signed out. */
export type Seen = { kind: Kind; status: number | null; milliseconds: number }

const TIMEOUT_MILLISECONDS = 10_000
const PASSWORD = 'correct horse battery'
const ACCOUNTS = 20
/** Each refreshes every 11 seconds, so the previous refresh has ended: it times out after 10. */
const SESSIONS = 55

/** Milliseconds between requests. The rate does not depend on responses: a slow server is asked as often. */
const INTERVALS: Record<Kind, number> = { 'current user': 50, refresh: 200, health: 50, 'sign in': 2000 }

type Session = { refreshToken: string; isSignedOut: boolean }
type Prepared = { target: Target; emails: string[]; accessTokens: string[]; sessions: Session[] }

const dispatcher = new Agent({ pipelining: 1 })
let prepared: Prepared
let addresses = 0
let timers: NodeJS.Timeout[] = []
let inFlight = new Set<Promise<void>>()
let seen: Seen[] = []

/** An unused address of the range for benchmarks (RFC 2544), like those of the flood. */
const newAddress = () => {
  addresses++
  return `198.19.${addresses >> 8}.${addresses & 255}`
}

const send = (target: Target, wanted: Omit<Call, 'signal'>): Promise<Answer> =>
  call(target, dispatcher, { ...wanted, signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS) })

const signIn = (target: Target, email: string) =>
  send(target, {
    method: 'POST',
    path: '/login',
    address: newAddress(),
    json: { email, password: PASSWORD },
  })

type Tokens = { access_token: string; refresh_token: string }

function tokensOf({ status, body }: Answer): Tokens {
  if (status !== 200) throw new Error(`${status} for a sign-in before the flood: ${body}`)
  return JSON.parse(body)
}

/** Registers and signs in all people, one after another. */
async function prepare(target: Target): Promise<void> {
  prepared = { target, emails: [], accessTokens: [], sessions: [] }
  for (let index = 0; index < ACCOUNTS; index++) {
    const username = `bystander${index}x${process.pid}`
    const email = `${username}@example.com`
    const answer = await send(target, {
      method: 'POST',
      path: '/users',
      address: newAddress(),
      json: { username, email, full_name: 'Honest Person', password: PASSWORD },
    })
    if (answer.status !== 201) throw new Error(`${answer.status} for a registration: ${answer.body}`)
    prepared.emails.push(email)
    // Not of the sessions that refresh: one that ends is counted once, by its refresh.
    prepared.accessTokens.push(tokensOf(await signIn(target, email)).access_token)
  }
  for (let index = 0; index < SESSIONS; index++) {
    const tokens = tokensOf(await signIn(target, at(prepared.emails, index)))
    prepared.sessions.push({ refreshToken: tokens.refresh_token, isSignedOut: false })
  }
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index % items.length]
  if (item === undefined) throw new Error('Nothing was prepared')
  return item
}

/** Sends the request of that number; null if there is none to send. */
const requests: Record<Kind, (index: number) => Promise<Answer | null>> = {
  'current user': (index) =>
    send(prepared.target, {
      method: 'GET',
      path: '/users/me',
      address: `198.19.200.${index % ACCOUNTS}`,
      token: at(prepared.accessTokens, index),
    }),
  health: () => send(prepared.target, { method: 'GET', path: '/health', address: '198.19.201.1' }),
  'sign in': (index) => signIn(prepared.target, at(prepared.emails, index)),
  async refresh(index) {
    const session = at(prepared.sessions, index)
    if (session.isSignedOut) return null
    const answer = await send(prepared.target, {
      method: 'POST',
      path: '/refresh',
      address: `198.19.202.${index % SESSIONS}`,
      json: { refresh_token: session.refreshToken },
    })
    if (answer.status === 200) {
      const { refresh_token }: Tokens = JSON.parse(answer.body)
      session.refreshToken = refresh_token
    }
    // After any other response it retries with the token it has, as clients do.
    session.isSignedOut = answer.status === 401
    return answer
  },
}

/** The number of requests so far: a phase continues where the previous one ended. */
const sent: Record<Kind, number> = { 'current user': 0, refresh: 0, health: 0, 'sign in': 0 }

function sendNext(kind: Kind): void {
  const request = requests[kind](sent[kind]++).then((answer) => {
    if (answer) seen.push({ kind, status: answer.status, milliseconds: answer.milliseconds })
    inFlight.delete(request)
  })
  inFlight.add(request)
}

function begin(): Promise<void> {
  seen = []
  inFlight = new Set()
  for (const kind of KINDS) sendNext(kind)
  timers = KINDS.map((kind) => setInterval(sendNext, INTERVALS[kind], kind))
  return Promise.resolve()
}

/** Stops sending, and waits for the requests in flight. */
async function end(): Promise<Seen[]> {
  for (const timer of timers) clearInterval(timer)
  await Promise.all(inFlight)
  return seen
}

/**
 * Waits until a sign-in takes less than a second.
 *
 * @returns after how many seconds; null if none did in time
 */
async function settle({ capMilliseconds }: { capMilliseconds: number }): Promise<number | null> {
  const start = performance.now()
  while (performance.now() - start < capMilliseconds) {
    const { status, milliseconds } = await signIn(prepared.target, at(prepared.emails, sent['sign in']++))
    if (status === 200 && milliseconds < 1000) return (performance.now() - start) / 1000
    await sleep(500)
  }
  return null
}

/**
 * Refreshes every session once more, five at a time.
 *
 * @returns the number of sessions, and how many of them a 401 has ended since the start
 */
async function countSignedOut(): Promise<{ sessions: number; signedOut: number }> {
  const { sessions } = prepared
  for (let from = 0; from < sessions.length; from += 5)
    await Promise.all(sessions.slice(from, from + 5).map((_, index) => requests.refresh(from + index)))
  return { sessions: sessions.length, signedOut: sessions.filter((session) => session.isSignedOut).length }
}

const jobs = { prepare, begin, end, settle, countSignedOut }
export type BystanderJobs = typeof jobs

if (import.meta.main) serveJobs(jobs)

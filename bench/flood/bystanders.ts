import { Agent } from 'undici'
import { type Answer, type Call, call, type Target } from './client.ts'
import { serveJobs } from './client-process.ts'

/** What people do while others flood. */
export const KINDS = ['current user', 'refresh', 'health', 'sign in'] as const
export type Kind = (typeof KINDS)[number]
/** What came of one request; 401 to a refresh means that somebody was signed out. */
export type Seen = { kind: Kind; status: number | null; milliseconds: number }

/** So long a client waits for an answer. */
const PATIENCE_MILLISECONDS = 10_000
const PASSWORD = 'correct horse battery'
const ACCOUNTS = 20
/** Each refreshes every eleven seconds: never while its last request is still waited for. */
const SESSIONS = 55

/** Every this many milliseconds; nobody waits for another one's answer, as people don't. */
const INTERVALS: Record<Kind, number> = { 'current user': 50, refresh: 200, health: 50, 'sign in': 2000 }

type Session = { refreshToken: string; isSignedOut: boolean }
type Prepared = { target: Target; emails: string[]; accessTokens: string[]; sessions: Session[] }

const dispatcher = new Agent({ pipelining: 1 })
let prepared: Prepared
let addresses = 0
let beats: NodeJS.Timeout[] = []
let underWay = new Set<Promise<void>>()
let seen: Seen[] = []

/** One that nobody had before, in the range for measurements (RFC 2544), as are those that flood. */
const newAddress = () => {
  addresses++
  return `198.19.${addresses >> 8}.${addresses & 255}`
}

const send = (target: Target, wanted: Omit<Call, 'signal'>): Promise<Answer> =>
  call(target, dispatcher, { ...wanted, signal: AbortSignal.timeout(PATIENCE_MILLISECONDS) })

const signIn = (target: Target, email: string) =>
  send(target, {
    ...{ method: 'POST', path: '/login', address: newAddress() },
    json: { email, password: PASSWORD },
  })

type Tokens = { access_token: string; refresh_token: string }

function tokensOf({ status, body }: Answer): Tokens {
  if (status !== 200) throw new Error(`${status} for a sign-in before the flood: ${body}`)
  return JSON.parse(body) as Tokens
}

/** Registers and signs in everybody, one after the other. */
async function prepare(target: Target): Promise<void> {
  prepared = { target, emails: [], accessTokens: [], sessions: [] }
  for (let index = 0; index < ACCOUNTS; index++) {
    const username = `bystander${index}x${process.pid}`
    const email = `${username}@example.com`
    const answer = await send(target, {
      ...{ method: 'POST', path: '/users', address: newAddress() },
      json: { username, email, full_name: 'Honest Person', password: PASSWORD },
    })
    if (answer.status !== 201) throw new Error(`${answer.status} for a registration: ${answer.body}`)
    prepared.emails.push(email)
    // Of sessions of their own, so that who is signed out at a refresh is counted there alone.
    prepared.accessTokens.push(tokensOf(await signIn(target, email)).access_token)
  }
  for (let index = 0; index < SESSIONS; index++) {
    const tokens = tokensOf(await signIn(target, at(prepared.emails, index)))
    prepared.sessions.push({ refreshToken: tokens.refresh_token, isSignedOut: false })
  }
}

const at = <T>(items: readonly T[], index: number): T => items[index % items.length] as T

const acts: Record<Kind, (beat: number) => Promise<Answer | null>> = {
  'current user': (beat) =>
    send(prepared.target, {
      ...{ method: 'GET', path: '/users/me', address: `198.19.200.${beat % ACCOUNTS}` },
      token: at(prepared.accessTokens, beat),
    }),
  health: () => send(prepared.target, { method: 'GET', path: '/health', address: '198.19.201.1' }),
  'sign in': (beat) => signIn(prepared.target, at(prepared.emails, beat)),
  async refresh(beat) {
    const session = at(prepared.sessions, beat)
    if (session.isSignedOut) return null
    const answer = await send(prepared.target, {
      ...{ method: 'POST', path: '/refresh', address: `198.19.202.${beat % SESSIONS}` },
      json: { refresh_token: session.refreshToken },
    })
    if (answer.status === 200) session.refreshToken = (JSON.parse(answer.body) as Tokens).refresh_token
    // After any other answer it comes again with the token it has, as any client would.
    session.isSignedOut = answer.status === 401
    return answer
  },
}

/** How many requests of a kind were made before, so that the next phase goes on where the last one ended. */
const made: Record<Kind, number> = { 'current user': 0, refresh: 0, health: 0, 'sign in': 0 }

function act(kind: Kind): void {
  const running = acts[kind](made[kind]++).then((answer) => {
    if (answer) seen.push({ kind, status: answer.status, milliseconds: answer.milliseconds })
    underWay.delete(running)
  })
  underWay.add(running)
}

/** Everybody begins. */
function begin(): Promise<void> {
  seen = []
  underWay = new Set()
  for (const kind of KINDS) act(kind)
  beats = KINDS.map((kind) => setInterval(act, INTERVALS[kind], kind))
  return Promise.resolve()
}

/** Everybody ends; what was begun is waited for and told. */
async function end(): Promise<Seen[]> {
  for (const beat of beats) clearInterval(beat)
  await Promise.all(underWay)
  return seen
}

/**
 * Waits until a sign-in takes no longer than it should.
 *
 * @returns how long that was, in seconds; null where it never came to be
 */
async function settle({ capMilliseconds }: { capMilliseconds: number }): Promise<number | null> {
  const start = performance.now()
  while (performance.now() - start < capMilliseconds) {
    const { status, milliseconds } = await signIn(prepared.target, at(prepared.emails, made['sign in']++))
    if (status === 200 && milliseconds < 1000) return (performance.now() - start) / 1000
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
  return null
}

/**
 * Everybody refreshes once more, a few at a time.
 *
 * @returns how many sessions there were, and how many of them a 401 has ended since the start
 */
async function countSignedOut(): Promise<{ sessions: number; signedOut: number }> {
  const { sessions } = prepared
  for (let from = 0; from < sessions.length; from += 5)
    await Promise.all(sessions.slice(from, from + 5).map((_, index) => acts.refresh(from + index)))
  return { sessions: sessions.length, signedOut: sessions.filter((session) => session.isSignedOut).length }
}

const jobs = { prepare, begin, end, settle, countSignedOut }
export type BystanderJobs = typeof jobs

if (import.meta.main) serveJobs(jobs)

import { quantile, row } from '../report.ts'
import type { Flooded } from './attack.ts'
import { KINDS, type Kind, type Seen } from './bystanders.ts'

/** The measurements of one server in one phase. */
export type Phase = {
  name: string
  flood: Flooded | null
  seconds: number
  /** Of the server's own processes. */
  cpuSeconds: number
  others: readonly Seen[]
  /** Until an honest sign-in took less than a second again; null if none did while we waited. */
  settledSeconds: number | null
}

export type Subject = {
  checkout: string
  runtime: string
  phases: readonly Phase[]
  /** The sessions that were refreshed throughout, and how many of them a 401 ended. */
  sessions: number
  signedOut: number
}

const KIND_NAMES: Record<Kind, string> = {
  'current user': '`/users/me`',
  refresh: '`/refresh`',
  health: '`/health`',
  'sign in': 'honest sign-in',
}

/** Sorted times, failed requests included. */
const timesOf = (seen: readonly Seen[]) =>
  Float64Array.from(seen.map(({ milliseconds }) => milliseconds)).sort()

const whole = (milliseconds: number | undefined) =>
  milliseconds === undefined ? '–' : Math.round(milliseconds).toLocaleString('en')

function answersOf(seen: readonly Seen[]): string {
  const counts = new Map<string, number>()
  for (const { status } of seen) {
    const name = status === null ? 'none' : status < 300 ? '2xx' : String(status)
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return listOf([...counts])
}

const listOf = (counts: readonly (readonly [string, number])[]) =>
  [...counts]
    .sort(([one], [other]) => one.localeCompare(other))
    .map(([name, count]) => `${count} × ${name}`)
    .join(', ')

/** One line a runtime, phase and kind of request, with the checkouts beside each other. */
export function tableOf(subjects: readonly Subject[]): string {
  const checkouts = [...new Set(subjects.map(({ checkout }) => checkout))]
  const runtimes = [...new Set(subjects.map(({ runtime }) => runtime))]
  const lines = runtimes.flatMap((runtime) => {
    const beside = checkouts.map((name) =>
      subjects.find((subject) => subject.checkout === name && subject.runtime === runtime),
    )
    const phases = Math.max(...beside.map((subject) => subject?.phases.length ?? 0))
    return Array.from({ length: phases }, (_, index) =>
      phaseRows(
        runtime,
        beside.map((subject) => subject?.phases[index]),
      ),
    ).flat()
  })
  const head = row([
    'runtime, phase',
    'who',
    ...checkouts.flatMap((name) => [`${name}: p50 / p95 / max, ms`, 'answers']),
  ])
  const rule = row(['---', '---', ...checkouts.flatMap(() => ['--:', '---'])])
  return [head, rule, ...lines].join('\n')
}

function phaseRows(runtime: string, beside: readonly (Phase | undefined)[]): string[] {
  const title = `${runtime}, ${beside.find((phase) => phase)?.name ?? ''}`
  const rows = KINDS.map((kind) =>
    row([title, KIND_NAMES[kind], ...beside.flatMap((phase) => (phase ? kindCells(phase, kind) : ['', '']))]),
  )
  const isFlooded = beside.some((phase) => phase?.flood)
  return isFlooded ? [...rows, row([title, 'the flood', ...beside.flatMap(floodCells)])] : rows
}

function kindCells({ others }: Phase, kind: Kind): string[] {
  const seen = others.filter((request) => request.kind === kind)
  const times = timesOf(seen)
  const [p50, p95] = [0.5, 0.95].map((part) => (times.length ? quantile(times, part) : undefined))
  return [`${whole(p50)} / ${whole(p95)} / ${whole(times.at(-1))}`, answersOf(seen)]
}

function floodCells(phase: Phase | undefined): string[] {
  if (!phase?.flood) return ['', '']
  const { sent, seconds, cpuSeconds, statuses, unanswered, withoutRetryAfter } = phase.flood
  // 201 for registering and 401 for signing in: both answers cost a hash.
  const hashed = (statuses['201'] ?? 0) + (statuses['401'] ?? 0)
  const { settledSeconds } = phase
  const settled = settledSeconds === null ? 'never settled' : `settled ${settledSeconds.toFixed(1)} s later`
  const figures = [
    `${sent} in ${seconds.toFixed(1)} s`,
    `${(hashed / seconds).toFixed(1)} answers/s after a hash`,
    `${(phase.cpuSeconds / phase.seconds).toFixed(2)} cores`,
    `the flood itself ${(cpuSeconds / seconds).toFixed(2)}`,
    settled,
  ]
  const answers = Object.entries(statuses)
  const all = unanswered ? [...answers, ['unanswered', unanswered] as const] : answers
  const silent = withoutRetryAfter ? `; ${withoutRetryAfter} without Retry-After` : ''
  return [figures.join('; '), listOf(all) + silent]
}

type Verdict = { holds: boolean; why: string }

const isServerError = ({ status }: Seen) => status === null || status >= 500

/** Other people are served within a second and get no errors. */
function served({ others }: Phase, kind: Kind): Verdict {
  const seen = others.filter((request) => request.kind === kind)
  const p95 = quantile(timesOf(seen), 0.95)
  const failed = seen.filter(isServerError).length
  const signedOut = kind === 'refresh' ? seen.filter(({ status }) => status === 401).length : 0
  return {
    holds: seen.length > 0 && p95 < 1000 && failed === 0 && signedOut === 0,
    why: `p95 ${whole(p95)} ms, ${failed} failed${kind === 'refresh' ? `, ${signedOut} signed out` : ''}`,
  }
}

/** A failed sign-in counts as infinitely long. */
function signedIn({ others }: Phase): Verdict {
  const seen = others.filter(({ kind }) => kind === 'sign in')
  const times = Float64Array.from(
    seen.map(({ status, milliseconds }) => (status === 200 ? milliseconds : Infinity)),
  )
  const median = quantile(times.sort(), 0.5)
  const through = seen.filter(({ status }) => status === 200).length
  const text = median === Infinity ? 'never' : `${whole(median)} ms`
  return {
    holds: seen.length > 0 && median < 2000,
    why: `median ${text}, ${through} of ${seen.length} got through`,
  }
}

/** The excess is refused with `Retry-After`; no request is dropped, or without a response at the end. */
function refused({ flood }: Phase): Verdict {
  if (!flood) return { holds: false, why: 'no flood' }
  const { statuses, unanswered, withoutRetryAfter } = flood
  const refusals = (statuses['429'] ?? 0) + (statuses['503'] ?? 0)
  const strange = Object.entries(statuses).reduce(
    (sum, [name, count]) => sum + (['201', '401', '429', '503'].includes(name) ? 0 : count),
    0,
  )
  return {
    holds: refusals > 0 && withoutRetryAfter + unanswered + strange === 0,
    why: [
      `${refusals} refused, ${withoutRetryAfter} without Retry-After`,
      `${unanswered} unanswered, ${strange} others`,
    ].join(', '),
  }
}

const MUST_SHOW: readonly (readonly [name: string, verdict: (phase: Phase) => Verdict])[] = [
  ...(['current user', 'refresh', 'health'] as const).map(
    (kind) =>
      [`${KIND_NAMES[kind]} of others: p95 < 1 s, no 5xx`, (phase: Phase) => served(phase, kind)] as const,
  ),
  ['honest sign-in: median < 2 s', signedIn],
  ['excess: 429 or 503 with `Retry-After`', refused],
]

/** One line a runtime, flood and promise, and one a runtime for the sessions that were signed out. */
export function verdictsOf(subjects: readonly Subject[]): string {
  const checkouts = [...new Set(subjects.map(({ checkout }) => checkout))]
  const lines = [...new Set(subjects.map(({ runtime }) => runtime))].flatMap((runtime) => {
    const beside = checkouts.map((name) =>
      subjects.find((subject) => subject.checkout === name && subject.runtime === runtime),
    )
    const floods = beside.find((subject) => subject)?.phases.filter(({ flood }) => flood) ?? []
    const line = (title: string, promise: string, verdict: (subject: Subject) => Verdict | undefined) =>
      row([title, promise, ...beside.map((subject) => (subject ? verdictCell(verdict(subject)) : ''))])
    return [
      ...floods.flatMap(({ name }) =>
        MUST_SHOW.map(([promise, verdict]) =>
          line(`${runtime}, ${name}`, promise, ({ phases }) => {
            const phase = phases.find((one) => one.name === name)
            return phase && verdict(phase)
          }),
        ),
      ),
      line(`${runtime}, afterwards`, 'nobody was signed out', ({ sessions, signedOut }) => ({
        holds: signedOut === 0,
        why: `${signedOut} of ${sessions} were`,
      })),
    ]
  })
  const head = row(['runtime, phase', 'must show', ...checkouts])
  return [head, row(['---', '---', ...checkouts.map(() => '---')]), ...lines].join('\n')
}

function verdictCell(verdict: Verdict | undefined): string {
  return verdict ? `${verdict.holds ? 'holds' : '**fails**'}: ${verdict.why}` : ''
}

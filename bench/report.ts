import { cpus, totalmem } from 'node:os'
import type { Operation } from './subjects.ts'

/** One measurement of one subject. */
export type Sample = {
  subject: string
  operation: Operation
  people: number
  concurrency: number
  roundTripMilliseconds: number
  round: number
  perSecond: number
  p50: number
  p95: number
  /** Of the application's own processes, a request. */
  cpuMilliseconds: number
  /** A request; null for subjects that connect past the simulated network, which counts. */
  statements: number | null
  roundTrips: number | null
}

export type Results = {
  machine: string
  rounds: number
  milliseconds: number
  memory: readonly { name: string; people: number; mebibytes: number }[]
  coldStarts: Readonly<Record<string, Spread>>
  samples: readonly Sample[]
}

export type Spread = { min: number; median: number; max: number }

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  const median =
    sorted.length % 2 ? sorted[Math.floor(middle)] : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
  return { min: sorted[0] ?? 0, median: median ?? 0, max: sorted.at(-1) ?? 0 }
}

/** @param part of the sorted values that lie below the result, such as 0.95 */
export function quantile(sorted: Float64Array, part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
}

/** To three significant digits. */
export const round = (value: number) =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
/** `median (minimum-maximum)`. */
export const show = ({ min, median, max }: Spread) => `${round(median)} (${round(min)}-${round(max)})`

export const row = (fields: readonly string[]) => `| ${fields.join(' | ')} |`
/** The head of a table in Markdown; all columns but the first are aligned to the right. */
export const head = (names: readonly string[]) => [
  row(names),
  row(names.map((_, index) => (index ? '--:' : '---'))),
]

/** The samples of one cell of a table, one a round. */
export type Cell = Omit<
  Sample,
  'round' | 'perSecond' | 'p50' | 'p95' | 'cpuMilliseconds' | 'statements' | 'roundTrips'
> & {
  samples: Sample[]
}

export function cellsOf(samples: readonly Sample[]): Cell[] {
  const cells = new Map<string, Cell>()
  for (const sample of samples) {
    const { subject, operation, people, concurrency, roundTripMilliseconds } = sample
    const key = [operation, people, roundTripMilliseconds, concurrency, subject].join('|')
    const cell = cells.get(key) ?? {
      subject,
      operation,
      people,
      concurrency,
      roundTripMilliseconds,
      samples: [],
    }
    cell.samples.push(sample)
    cells.set(key, cell)
  }
  return [...cells.values()]
}

/** The ratio of throughput, by round: a slow phase of the machine affects both. */
export function ratioOf(one: Cell, other: Cell): Spread {
  const ratios = one.samples.flatMap((sample) => {
    const beside = other.samples.find(({ round }) => round === sample.round)
    return beside ? [sample.perSecond / beside.perSecond] : []
  })
  return spreadOf(ratios)
}

export function tableOf(samples: readonly Sample[]): string {
  const cells = cellsOf(samples)
  const lines = cells.map((cell) => {
    const of = (name: keyof Sample) => spreadOf(cell.samples.map((sample) => Number(sample[name])))
    const count = (name: 'statements' | 'roundTrips') =>
      cell.samples[0]?.[name] === null ? '' : round(of(name).median)
    const ours = cells.find((other) => isRival(other, cell))
    return row([
      cell.operation,
      String(cell.people),
      `${cell.roundTripMilliseconds} ms`,
      String(cell.concurrency),
      cell.subject,
      show(of('perSecond')),
      show(of('p50')),
      show(of('p95')),
      show(of('cpuMilliseconds')),
      count('statements'),
      count('roundTrips'),
      ours ? show(ratioOf(ours, cell)) : '',
    ])
  })
  return [...head(COLUMNS), ...lines].join('\n')
}

const COLUMNS = [
  'operation',
  'people',
  'network',
  'at once',
  'subject',
  'per second',
  'p50 ms',
  'p95 ms',
  'CPU ms',
  'statements',
  'round trips',
  'throughput, ours/theirs',
]

/** Whether a cell is ours under the same conditions. The original is compared with ours under Node. */
function isRival(ours: Cell, theirs: Cell): boolean {
  const runtime = theirs.subject.includes('workerd') ? 'ours, workerd' : 'ours, Node'
  const same = (['operation', 'people', 'concurrency', 'roundTripMilliseconds'] as const).every(
    (name) => ours[name] === theirs[name],
  )
  return ours.subject === runtime && !theirs.subject.startsWith('ours') && same
}

export const machine = () =>
  [
    `${cpus().length} × ${cpus()[0]?.model.trim()}`,
    `${Math.round(totalmem() / 2 ** 30)} GiB`,
    `Node ${process.version}`,
  ].join(', ')

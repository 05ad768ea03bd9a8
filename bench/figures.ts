import { RUNTIMES } from './commands.ts'
import { MILLION, THOUSAND } from './comparison.ts'
import {
  type Cell,
  cellsOf,
  head,
  type Results,
  ratioOf,
  round,
  row,
  type Sample,
  show,
  spreadOf,
} from './report.ts'
import { OPERATIONS, type Operation } from './subjects.ts'

/** The tables of `docs/performance-tables.md`. */
export function figuresOf(results: Results): string {
  const cells = cellsOf(results.samples)
  const sections: [title: string, table: string[]][] = [
    ['No network, one at a time', besideEachOther(cells, [0, 1])],
    ['No network, sixteen at once', besideEachOther(cells, [0, 16])],
    ['5 ms to the database, one at a time', besideEachOther(cells, [5, 1])],
    ['5 ms, sixteen at once', besideEachOther(cells, [5, 16])],
    ['30 ms, one at a time', besideEachOther(cells, [30, 1])],
    ['30 ms, sixteen at once', besideEachOther(cells, [30, 16])],
    ['better-auth with its joins', besideJoins(cells)],
    ['Latency with 5 ms to the database, one at a time: median / 95th percentile, ms', latency(cells)],
    ['Round trips / statements a request', perRequest(cells)],
    ['CPU of the application a request, ms, sixteen at once', processor(cells)],
    ['A million people', millions(cells)],
    ['Starting, and memory', starting(results)],
    ['Above the limit', aboveLimit(cells)],
  ]
  const intro = `${results.machine}; ${results.rounds} rounds of ${results.milliseconds} ms`
  const written = sections.map(([title, table]) => `### ${title}\n\n${table.join('\n')}`)
  return `${[intro, ...written].join('\n\n')}\n`
}

const FASTAPI = 'FastAPI, 2 workers'
const WITHOUT_PARTS = OPERATIONS.filter((name) => !name.endsWith(' alone') || name === 'by token alone')

const medianOf = (cell: Cell | undefined, name: keyof Sample) =>
  cell ? round(spreadOf(cell.samples.map((sample) => Number(sample[name]))).median) : ''
const ratio = (one: Cell | undefined, other: Cell | undefined) =>
  one && other ? show(ratioOf(one, other)) : ''

type Place = { operation: Operation; people?: number; network?: number; concurrency: number }

function find(cells: readonly Cell[], subject: string, place: Place): Cell | undefined {
  const { operation, people = THOUSAND, network = 0, concurrency } = place
  // Ours needs no query for this, and better-auth none with its cookie cache.
  const isCached = operation === 'by token alone' && subject.startsWith('better-auth')
  return cells.find(
    (cell) =>
      cell.subject === (isCached ? `${subject}, cookie cache` : subject) &&
      cell.operation === operation &&
      cell.people === people &&
      cell.roundTripMilliseconds === network &&
      cell.concurrency === concurrency,
  )
}

type Load = readonly [network: number, concurrency: number]

function besideEachOther(cells: readonly Cell[], [network, concurrency]: Load): string[] {
  const pairs = RUNTIMES.flatMap((runtime) => [`ours, ${runtime}`, `better-auth, ${runtime}`, 'ratio'])
  const rows = WITHOUT_PARTS.map((operation) => {
    const at = (subject: string) => find(cells, subject, { operation, network, concurrency })
    const pair = RUNTIMES.flatMap((runtime) => {
      const [ours, theirs] = [at(`ours, ${runtime}`), at(`better-auth, ${runtime}`)]
      return [medianOf(ours, 'perSecond'), medianOf(theirs, 'perSecond'), ratio(ours, theirs)]
    })
    return [operation, ...pair, ratio(at('ours, Node'), at(FASTAPI))]
  })
  const filled = rows.filter((fields) => fields.slice(1).some((field) => field !== ''))
  return [...head(['operation', ...pairs, 'ours, Node, to FastAPI']), ...filled.map(row)]
}

/** better-auth with the option that reads session and user in one statement. */
function besideJoins(cells: readonly Cell[]): string[] {
  const rows = [0, 5, 30].flatMap((network) =>
    [1, 16].flatMap((concurrency) =>
      (['current user', 'sign in'] as const).map((operation) => [
        `${operation}, ${network} ms, ${concurrency} at once`,
        ...RUNTIMES.flatMap((runtime) => {
          const at = (subject: string) => find(cells, subject, { operation, network, concurrency })
          const theirs = at(`better-auth, ${runtime}, joins`)
          return [medianOf(theirs, 'perSecond'), ratio(at(`ours, ${runtime}`), theirs)]
        }),
      ]),
    ),
  )
  const title = RUNTIMES.flatMap((runtime) => [`better-auth, ${runtime}, joins`, 'ratio'])
  return [...head(['', ...title]), ...rows.map(row)]
}

const SUBJECTS = ['ours, Node', 'better-auth, Node', 'ours, workerd', 'better-auth, workerd', FASTAPI]

function bySubject(show: (subject: string, operation: Operation) => string): string[] {
  const rows = SUBJECTS.map((subject) => [subject, ...WITHOUT_PARTS.map((name) => show(subject, name))])
  return [...head(['', ...WITHOUT_PARTS]), ...rows.map(row)]
}

const latency = (cells: readonly Cell[]) =>
  bySubject((subject, operation) => {
    const cell = find(cells, subject, { operation, network: 5, concurrency: 1 })
    return cell ? `${medianOf(cell, 'p50')} / ${medianOf(cell, 'p95')}` : ''
  })

const perRequest = (cells: readonly Cell[]) =>
  bySubject((subject, operation) => {
    const cell = find(cells, subject, { operation, network: 5, concurrency: 1 })
    const whole = (name: 'roundTrips' | 'statements') => Number(medianOf(cell, name)).toFixed(0)
    return cell ? `${whole('roundTrips')} / ${whole('statements')}` : ''
  })

const processor = (cells: readonly Cell[]) =>
  bySubject((subject, operation) =>
    medianOf(find(cells, subject, { operation, concurrency: 16 }), 'cpuMilliseconds'),
  )

/** The time of a request with a million people over that with a thousand. */
function millions(cells: readonly Cell[]): string[] {
  const rows = SUBJECTS.slice(0, 4).flatMap((subject) =>
    [1, 16].map((concurrency) => [
      `${subject}, ${concurrency} at once`,
      ...WITHOUT_PARTS.map((operation) => {
        const at = (people: number) => find(cells, subject, { operation, people, concurrency })
        return ratio(at(THOUSAND), at(MILLION))
      }),
    ]),
  )
  return [...head(['', ...WITHOUT_PARTS]), ...rows.map(row)]
}

function starting({ coldStarts, memory }: Results): string[] {
  const rows = memory
    .filter(({ people }) => people === THOUSAND)
    .map(({ name, mebibytes }) => {
      const start = coldStarts[name]
      return [name, start ? show(start) : '', String(mebibytes)]
    })
  return [...head(['', 'first answer, ms', 'peak memory, MiB']), ...rows.map(row)]
}

/** The hashes and round trips that a request can't do without. */
const NEEDS: readonly { operation: Operation; hashes: number; trips: number }[] = [
  { operation: 'register', hashes: 1, trips: 1 },
  { operation: 'sign in', hashes: 1, trips: 2 },
  { operation: 'current user', hashes: 0, trips: 1 },
  { operation: 'refresh', hashes: 0, trips: 1 },
]

/** One at a time and without a network: each request over its hashes and round trips alone, by round. */
function aboveLimit(cells: readonly Cell[]): string[] {
  const rows = RUNTIMES.flatMap((runtime) => {
    const times = (operation: Operation) =>
      find(cells, `ours, ${runtime}`, { operation, concurrency: 1 })?.samples.map(
        (sample) => 1000 / sample.perSecond,
      )
    const [hash, trip] = [times('a hash alone'), times('a round trip alone')]
    return NEEDS.flatMap(({ operation, hashes, trips }) => {
      const measured = times(operation)
      if (!hash || !trip || !measured) return []
      const limits = measured.map((_, of) => hashes * (hash[of] ?? 0) + trips * (trip[of] ?? 0))
      const ratios = measured.map((time, of) => time / (limits[of] ?? 0))
      return [[`${operation}, ${runtime}`, ...[limits, measured, ratios].map((list) => show(spreadOf(list)))]]
    })
  })
  const title = ['', 'hash and round trips alone, ms', 'measured, ms', 'ratio']
  return [...head(title), ...rows.map(row)]
}

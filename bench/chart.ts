import { type Cell, cellsOf, type Sample, spreadOf } from './report.ts'

const WIDTH = 860
const BAR = 16
const LABEL = 300
const COLOURS: Record<string, string> = { ours: '#1d6fd1', 'better-auth': '#9aa3af', FastAPI: '#c9a227' }

/** Requests a second without a network: a bar for each median, with a whisker from minimum to maximum. */
export function chartOf(samples: readonly Sample[]): string {
  const shown = samples.filter(
    ({ people, roundTripMilliseconds }) => people === 1000 && roundTripMilliseconds === 0,
  )
  const parts: string[] = []
  let y = 24
  for (const group of groupsOf(cellsOf(shown))) {
    const [first] = group
    parts.push(
      `<text x="8" y="${y}" font-weight="bold">${first?.operation}, ${first?.concurrency} at once</text>`,
    )
    y += 8
    const most = Math.max(...group.map((cell) => spreadOf(perSecond(cell)).max))
    for (const cell of group) {
      parts.push(bar(cell, y, (WIDTH - LABEL - 90) / most))
      y += BAR + 4
    }
    y += 26
  }
  const font = 'font-family="sans-serif" font-size="13"'
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" ${font}>
<title>Requests a second, ours and the alternatives</title>
<rect width="100%" height="100%" fill="white"/>
${parts.join('\n')}
</svg>
`
}

const perSecond = ({ samples }: Cell) => samples.map((sample) => sample.perSecond)

function groupsOf(cells: readonly Cell[]): Cell[][] {
  const groups = Object.groupBy(cells, ({ operation, concurrency }) => `${operation}|${concurrency}`)
  return Object.values(groups).filter((group) => group !== undefined)
}

function bar(cell: Cell, y: number, scale: number): string {
  const { min, median, max } = spreadOf(perSecond(cell))
  const colour = Object.entries(COLOURS).find(([name]) => cell.subject.startsWith(name))?.[1] ?? '#555'
  const middle = y + BAR / 2
  const figure = median >= 100 ? median.toFixed(0) : median.toFixed(1)
  const [left, right] = [min, max].map((value) => (LABEL + value * scale).toFixed(1))
  return [
    text(16, middle + 5, cell.subject),
    `<rect x="${LABEL}" y="${y}" width="${(median * scale).toFixed(1)}" height="${BAR}" fill="${colour}"/>`,
    `<path d="M${left} ${middle}H${right}" stroke="black"/>`,
    text(LABEL + max * scale + 8, middle + 5, `${figure} a second`),
  ].join('')
}

function text(x: number, y: number, content: string): string {
  return `<text x="${x.toFixed(1)}" y="${y}">${content}</text>`
}

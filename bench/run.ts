import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { THOUSAND } from './comparison.ts'
import { type Bench, startDatabase } from './database.ts'
import { makeReady, measureAll, measureStarts, type Ready } from './measure.ts'
import { machine, type Results, type Sample, spreadOf } from './report.ts'
import { itemsOf, wholeNumber } from './usage.ts'
import { withCheckout } from './with-checkout.ts'
import { withPeers } from './with-peers.ts'

// `npm run bench` compares this product with its alternatives; `npm run bench -- --before FOLDER` compares it
// with another checkout of itself. Rounds interleave the subjects. It prints a table and writes to --out.

const { values: options } = parseArgs({
  options: {
    before: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    milliseconds: { type: 'string', default: '1000' },
    operations: { type: 'string' },
    million: { type: 'boolean', default: true },
    out: { type: 'string', default: fileURLToPath(new URL('results', import.meta.url)) },
  },
  allowNegative: true,
})
const ROUNDS = wholeNumber('rounds', options.rounds)
const MILLISECONDS = wholeNumber('milliseconds', options.milliseconds)
const COMPARISON = options.before === undefined ? withPeers(options.million) : withCheckout(options.before)
const SELECTED =
  options.operations === undefined
    ? COMPARISON.defaultOperations
    : itemsOf('operations', { text: options.operations, known: COMPARISON.operations })

async function main(): Promise<void> {
  const bench = await startDatabase()
  const groups: Ready[][] = []
  try {
    for (const entries of await COMPARISON.makeGroups(bench)) {
      const group: Ready[] = []
      groups.push(group)
      for (const entry of entries) group.push(await makeReady(entry))
    }
    await measureAndReport(bench, groups)
  } finally {
    await Promise.allSettled(groups.flat().map(({ server }) => server.stop()))
    await bench.stop()
  }
}

async function measureAndReport(bench: Bench, groups: readonly Ready[][]): Promise<void> {
  const samples: Sample[] = []
  const settings = COMPARISON.settings.map(({ operations, ...setting }) => ({
    ...setting,
    operations: operations.filter((operation) => SELECTED.includes(operation)),
  }))
  const subjects = groups.flat().filter(({ only, distance }) => !only && distance !== 'far')
  let starts = new Map<string, number[]>()
  try {
    await measureAll(bench, groups, {
      settings,
      rounds: ROUNDS,
      milliseconds: MILLISECONDS,
      onSample: (sample) => samples.push(sample),
    })
    starts = await measureStarts(
      subjects.filter(({ people }) => people === THOUSAND),
      ROUNDS,
    )
  } finally {
    // After an error too, with the samples so far.
    report({
      machine: machine(),
      rounds: ROUNDS,
      milliseconds: MILLISECONDS,
      memory: subjects.map(({ name, people, server }) => ({
        name,
        people,
        mebibytes: Math.round(server.peakMebibytes()),
      })),
      coldStarts: Object.fromEntries([...starts].map(([name, times]) => [name, spreadOf(times)])),
      samples,
    })
  }
}

function report(results: Results): void {
  const { table, files } = COMPARISON.report(results)
  mkdirSync(options.out, { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(options.out, name), text)
  console.log(`${results.machine}; ${ROUNDS} rounds of ${MILLISECONDS} ms; medians (minimum-maximum)\n`)
  console.log(table)
  console.log(`\nFirst answer after the start of the process, ms: ${JSON.stringify(results.coldStarts)}`)
  console.log(`Peak memory, MiB: ${JSON.stringify(results.memory)}`)
}

await main()

import fc from 'fast-check'
import { test } from 'vitest'
import { sequences } from './model/commands.ts'
import { beginSequence, endSequence, LONG_MILLISECONDS, Run, summarize, type Tally } from './model/run.ts'
import { createWorld } from './model/world.ts'
import { IS_LONG, report, SEED } from './report.ts'

const world = await createWorld()

test('the application does what the model does, in any sequence of one client', async () => {
  const tally: Tally = new Map()
  const total = { sequences: 0, operations: 0 }
  const property = fc.asyncProperty(
    // A siege is as long as three other sequences.
    sequences(IS_LONG ? { maxCommands: 60, sieges: 1 } : { maxCommands: 40, sieges: 6 }),
    async (commands) => {
      const run = new Run(tally)
      await beginSequence(run, world)
      await fc.asyncModelRun(() => ({ model: run, real: world }), commands)
      await endSequence(run, world)
      total.sequences++
      total.operations += run.operations
    },
  )
  await fc.assert(property, {
    seed: SEED,
    numRuns: IS_LONG ? 1000 : 20,
    interruptAfterTimeLimit: LONG_MILLISECONDS,
    includeErrorInReport: true,
  })
  const { sequences: ran, operations } = total
  const line = `model: ${ran} sequences, ${operations} operations, 1 client, seed ${SEED}, violations 0`
  await report(summarize(line, tally))
}, 600_000)

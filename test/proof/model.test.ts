import fc from 'fast-check'
import { test } from 'vitest'
import { sequences } from './model/commands.ts'
import { beginSequence, endSequence, Run, showTally, type Tally } from './model/run.ts'
import { createWorld } from './model/world.ts'
import { IS_LONG, report, SEED } from './report.ts'

const world = await createWorld()

/** The long run stops here by itself: a slow machine proves less, and fails nothing. */
const LONG_MILLISECONDS = 200_000

test('the application does what the model does, in any sequence of one client', async () => {
  const tally: Tally = new Map()
  const total = { sequences: 0, steps: 0 }
  const property = fc.asyncProperty(
    // A siege is as long as three other sequences.
    sequences(IS_LONG ? { maxCommands: 60, sieges: 1 } : { maxCommands: 40, sieges: 6 }),
    async (commands) => {
      const run = new Run(tally)
      await beginSequence(run, world)
      await fc.asyncModelRun(() => ({ model: run, real: world }), commands)
      await endSequence(run, world)
      total.sequences++
      total.steps += run.steps
    },
  )
  await fc.assert(property, {
    seed: SEED,
    numRuns: IS_LONG ? 1000 : 24,
    interruptAfterTimeLimit: LONG_MILLISECONDS,
    includeErrorInReport: true,
  })
  await report(
    `model: ${total.sequences} sequences, ${total.steps} steps, 1 client, seed ${SEED}, violations 0: ` +
      showTally(tally),
  )
}, 600_000)

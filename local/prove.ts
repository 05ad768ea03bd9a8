/**
 * `npm run prove [-- --seed N]`: every flow against every fault on both runtimes, long random sequences and
 * histories against the model, and many fuzzed requests. At most twenty minutes on two cores.
 *
 * It prints the seed first and last, and exits with 1 if anything did not hold; `--seed` repeats a run.
 *
 * @see ../docs/proof.md
 * @module
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { parseArgs } from 'node:util'

const MAX_SEED = 2 ** 31 - 1

const { values } = parseArgs({ options: { seed: { type: 'string' } } })
const seed = values.seed === undefined ? Math.floor(Math.random() * MAX_SEED) : Number(values.seed)
if (!Number.isInteger(seed) || seed < 0 || seed > MAX_SEED) {
  console.error(`--seed is an integer from 0 to ${MAX_SEED}`)
  process.exit(1)
}
const repeat = `npm run prove -- --seed ${seed}`
console.log(`Repeat this run with: ${repeat}`)
const started = performance.now()
const vitest = spawn(
  'vitest',
  ['run', '--project', 'node-postgres', '--project', 'workerd-postgres', 'test/proof'],
  { stdio: 'inherit', env: { ...process.env, PROOF: 'long', PROOF_SEED: String(seed) } },
)
const [code] = (await once(vitest, 'exit')) as [number | null]
const minutes = ((performance.now() - started) / 60_000).toFixed(1)
const outcome = code === 0 ? 'Everything held' : 'Something did not hold'
console.log(`${outcome}, in ${minutes} minutes. Repeat this run with: ${repeat}`)
process.exitCode = code ?? 1

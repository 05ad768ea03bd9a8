import { fileURLToPath } from 'node:url'
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Tests of tools that run only on a developer's machine, and of the repository itself. */
const machine = ['test/*.test.ts', 'test/{local,cli,node,config}/**/*.test.ts']

/** Tests that no engine affects, that need several connections (races), or that read PostgreSQL's plans. */
const unaffectedByEngine = [
  ...['access', 'config', 'crypto', 'worker', 'db', 'http', 'net', 'operations', 'features', 'sql'].map(
    (folder) => `test/${folder}/**`,
  ),
  'test/passwords/{assert-acceptable,change,load-common-passwords,is-breached,admit-hashing}.test.ts',
  'test/{sessions,administration,users,passwords}/{races,stale-guards,verify-access-token,key-rotation}.test.ts',
  'test/sessions/oauth-clients.test.ts',
  'test/limits/{races,admission,memory-limiter}.test.ts',
  'test/mail/{mail-url,assert-mail,create-transport,http-transports}.test.ts',
  'test/administration/scale.test.ts',
  'test/mail/mailbox-page.test.ts',
  'test/mail/messages/**',
  // What they refuse is refused before any statement.
  'test/users/legible-lines.test.ts',
]

/**
 * The main flows of each slice, for the embedded database under workerd. `node-pglite` proves that this engine
 * executes every statement, `workerd-postgres` that this runtime sends every statement and reads every answer.
 * What is left is the meeting of the two.
 */
const mainFlows = [
  'test/users/{register,me}.test.ts',
  'test/sessions/refresh.test.ts',
  'test/passwords/sign-in.test.ts',
  'test/roles/delete-role.test.ts',
  'test/administration/{assign-roles,delete-user,find-user}.test.ts',
  'test/audit/list-events.test.ts',
  'test/schedule/run-scheduled.test.ts',
]

type Engine = 'postgres' | 'pglite'

/** How much of `test/proof/` runs: a part of a minute, or all that `npm run prove` has time for. */
type Proof = { seed: number; isLong: boolean; flow: string }

declare module 'vitest' {
  interface ProvidedContext {
    engine: Engine
    proof: Proof
  }
}

/** `npm run prove` sets both. In `npm test` the seed is always the same, so that no build fails by chance. */
const proof: Proof = {
  seed: Number(process.env['PROOF_SEED'] ?? 1),
  isLong: process.env['PROOF'] === 'long',
  flow: process.env['PROOF_FLOW'] ?? '',
}

/** A slow machine is no failure. */
const PATIENT = { poll: { timeout: 15_000 } }

/** What depends on neither runtime nor engine: all but faults, which each runtime's `fetch` meets as it does. */
const unprovedOn = (name: string) =>
  proof.isLong && name === 'workerd-postgres' ? ['test/proof/!(faults).test.ts'] : ['test/proof/**']

const common = (name: string, engine: Engine) => ({
  name,
  include: name === 'workerd-pglite' ? mainFlows : ['test/**/*.test.ts'],
  exclude: [
    ...machine,
    // Races and plans depend on the database alone: one runtime is enough.
    ...(name.startsWith('node')
      ? ['test/worker/**']
      : ['test/**/{races,stale-guards,scale,deadlines}.test.ts']),
    ...(name === 'node-postgres' ? [] : unprovedOn(name)),
    ...(engine === 'pglite' ? unaffectedByEngine : []),
  ],
  setupFiles: ['test/support/setup.ts'],
  // Loading modules once per worker instead of once per file halves the time. Files share no database: see
  // testDatabase.
  isolate: false,
  testTimeout: 40_000,
  expect: PATIENT,
  provide: { engine, proof },
})

const onNode = (engine: Engine): TestProjectInlineConfiguration => ({
  test: common(`node-${engine}`, engine),
})

/** Whether `--project` excludes workerd. Its plugin takes 0.4 s to load, a tenth of a run of one file. */
const isWithoutWorkerd =
  process.argv.some((argument) => argument.startsWith('--project')) &&
  !process.argv.some((argument) => /workerd|[*!]/.test(argument))

// Wrangler reads the configuration of the projects in workerd, and logs each time that it found `.dev.vars`.
// The tests use none of its secrets.
process.env['WRANGLER_LOG'] ??= 'warn'

const onWorkerd = async (engine: Engine): Promise<TestProjectInlineConfiguration> => ({
  plugins: [
    (await import('@cloudflare/vitest-plugin')).cloudflareTest({
      wrangler: { configPath: './wrangler.toml' },
      // The plugin's default, verbose, prints a stack for each connection that a test makes fail. Uncaught
      // errors fail the run either way: Vitest reports them.
      verbose: false,
    }),
  ],
  resolve: { alias: { '#runtime': here('test/support/runtime-workerd.ts') } },
  test: common(`workerd-${engine}`, engine),
})

// Tests start a hundred processes, and workers: Node keeps what it compiled for the next one, types stripped.
process.env['NODE_COMPILE_CACHE'] ??= here('node_modules/.cache/compile')

export default defineConfig({
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    // Failures and the summary, without a line per file and slow test; a terminal shows progress as dots. Not
    // silent for tests that pass: of those, only test/bundle.test.ts prints, the Worker's size and start-up.
    reporters: process.stdout.isTTY ? ['dot'] : [['minimal', { silent: false }]],
    // Tests wait much for other processes, so two more than the two cores of CI.
    maxWorkers: 4,
    projects: [
      onNode('postgres'),
      onNode('pglite'),
      ...(isWithoutWorkerd ? [] : [onWorkerd('postgres'), onWorkerd('pglite')]),
      {
        test: {
          name: 'machine',
          include: machine,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          expect: PATIENT,
        },
      },
    ],
  },
})

import { fileURLToPath } from 'node:url'
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** Tests of what only ever runs on a developer's machine, or reads the repository itself. */
const machine = ['test/*.test.ts', 'test/{local,cli,node,config}/**/*.test.ts']

/** What no database engine has a say in; races, which an engine with one connection does not have; and plans of one. */
const unaffectedByEngine = [
  ...['access', 'config', 'crypto', 'worker', 'db', 'http', 'net', 'operations'].map(
    (folder) => `test/${folder}/**`,
  ),
  'test/passwords/{assert-acceptable,change,common-passwords,is-breached}.test.ts',
  'test/{sessions,administration}/{races,stale-guards,access-token,key-rotation}.test.ts',
  'test/limits/races.test.ts',
  'test/administration/scale.test.ts',
]

type Engine = 'postgres' | 'pglite'

declare module 'vitest' {
  interface ProvidedContext {
    engine: Engine
  }
}

/** A machine under load is no failure. */
const PATIENT = { poll: { timeout: 15_000 } }

const common = (name: string, engine: Engine) => ({
  name,
  include: ['test/**/*.test.ts'],
  exclude: [
    ...machine,
    // Races and plans are the database's to decide: one runtime asks.
    ...(name.startsWith('node')
      ? ['test/worker/**']
      : ['test/**/{races,stale-guards,scale,deadlines}.test.ts']),
    ...(engine === 'pglite' ? unaffectedByEngine : []),
  ],
  setupFiles: ['test/support/setup.ts'],
  // Loading the modules once a worker instead of once a file halves the time. What files could share is a
  // database, and they don't: see testDatabase.
  isolate: false,
  testTimeout: 40_000,
  expect: PATIENT,
  provide: { engine },
})

const onNode = (engine: Engine): TestProjectInlineConfiguration => ({
  test: common(`node-${engine}`, engine),
})

/** Whether `--project` leaves the projects in workerd out: their plugin takes 0.4 s to load, a tenth of a short run. */
const isWithoutWorkerd =
  process.argv.some((argument) => argument.startsWith('--project')) &&
  !process.argv.some((argument) => /workerd|[*!]/.test(argument))

const onWorkerd = async (engine: Engine): Promise<TestProjectInlineConfiguration> => ({
  plugins: [
    (await import('@cloudflare/vitest-plugin')).cloudflareTest({
      wrangler: { configPath: './wrangler.toml' },
      // Verbose is the plugin's default, and reports each connection that a test has refused or reset. Errors that nobody
      // catches fail the run either way: Vitest itself reports them.
      verbose: false,
    }),
  ],
  resolve: { alias: { '#runtime': here('test/support/runtime-workerd.ts') } },
  test: common(`workerd-${engine}`, engine),
})

export default defineConfig({
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    // Failures and the summary, without a line for each file and slow test; on a terminal with dots for progress. Tests
    // that pass may print only where `setup.ts` does not look, such as the sizes of test/bundle.test.ts: don't hide them.
    reporters: process.stdout.isTTY ? ['dot'] : [['minimal', { silent: false }]],
    // Much of the time goes into waiting for other processes, so one more than the two cores of CI.
    maxWorkers: 3,
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

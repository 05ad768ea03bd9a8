import { freePort, start } from './process.ts'

/** What `.dev.vars` of a developer may set: here they have their defaults, unless a test sets them. */
const DEFAULTS = {
  ...{ ACCOUNT_FIELDS: '', REGISTRATION: '', PRODUCT_NAME: '' },
  ...{ JWT_SUBJECT: '', JWT_CLAIMS: '', JWT_TYPE: '', JWT_AUDIENCE: '', DATABASE_URL: '' },
  ...{ MAIL_URL: '', MAIL_FROM: '', REQUIRE_VERIFIED_EMAIL: '', REGISTRATION_PRIVACY: '' },
}

export type Development = {
  api: string
  port: number
  /** What it printed so far. */
  output: () => string
  /** Ends it. */
  stop: () => Promise<number | null>
}

/**
 * Starts what `npm run dev` starts, with a database in memory, and waits until it serves.
 *
 * @param args `['--worker']` for workerd
 */
export async function startDevelopment(
  port: number,
  variables: NodeJS.ProcessEnv,
  args: string[] = [],
): Promise<Development> {
  const env = { ...DEFAULTS, ...variables, PORT: String(port), LOCAL_DB_DIR: 'memory:' }
  const instance = start('local/dev.ts', { env, args })
  try {
    await instance.until('Ctrl-C ends it')
  } catch (error) {
    await instance.interrupt()
    throw error
  }
  const { output, interrupt } = instance
  return { api: `http://localhost:${port}`, port, output, stop: () => interrupt() }
}

/** Starts several at once. The ports are chosen one after the other, since two calls could get the same. */
export async function startAll(all: readonly NodeJS.ProcessEnv[]): Promise<Development[]> {
  const ports: number[] = []
  while (ports.length < all.length) {
    const port = await freePort()
    if (!ports.includes(port)) ports.push(port)
  }
  const starting = all.map((variables, index) => startDevelopment(ports[index] ?? 0, variables))
  const started = await Promise.allSettled(starting)
  const failed = started.find((result) => result.status === 'rejected')
  const instances = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
  if (failed) {
    await Promise.all(instances.map(({ stop }) => stop()))
    throw failed.reason
  }
  return instances
}

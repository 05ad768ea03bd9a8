import { createTestApp } from './test-app.ts'

type App = Awaited<ReturnType<typeof createTestApp>>

/** The same application, but for what comes between the guard of a request and the statement after it. */
export async function withBetween({ deps, database }: App, between: () => Promise<unknown>): Promise<App> {
  const { keyRing, refreshKeys, clock } = deps
  const connect: typeof deps.connect = (meter) => {
    const db = deps.connect(meter)
    let statements = 0
    const execute: typeof db.execute = async (statement, options) => {
      statements++
      if (statements === 2) await between()
      return await db.execute(statement, options)
    }
    return { execute }
  }
  return await createTestApp({ database, deps: { keyRing, refreshKeys, clock, connect } })
}

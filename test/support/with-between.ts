import { createTestApp } from './test-app.ts'

type App = Awaited<ReturnType<typeof createTestApp>>

/**
 * The same application, but runs `between` after the guard's statement of a request and before its second
 * one.
 */
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

import { aroundStatements } from './around-statements.ts'
import { createTestApp } from './test-app.ts'

type App = Awaited<ReturnType<typeof createTestApp>>

/**
 * The same application, but runs `between` after the guard's statement of a request and before its second
 * one.
 */
export async function withBetween(
  { deps, database }: App,
  between: () => Promise<unknown>,
  variables: Record<string, string> = {},
): Promise<App> {
  const { keyRing, refreshKeys, clock } = deps
  const connect = aroundStatements(deps.connect, async (send, number) => {
    if (number === 2) await between()
    return await send()
  })
  return await createTestApp({ database, variables, deps: { keyRing, refreshKeys, clock, connect } })
}

import { drizzle } from 'drizzle-orm/neon-http'
import type { AppDeps } from '../../src/deps.ts'

type Connect = AppDeps['connect']
type Results = unknown
type Statement = { text: string; params: unknown[] }
type Query = PromiseLike<Results> & Partial<Statement>
type Client = {
  query(text: string, params: unknown[], options: unknown): Query
  transaction(queries: Query[], options: unknown): Promise<Results>
}

/**
 * Database handles whose every round trip goes through `around`, which sends it, or does something else as well, before
 * or after.
 *
 * @param around is told how many round trips this handle has made, this one included, and the statements of this one
 */
export function aroundStatements(
  connect: Connect,
  around: (send: () => PromiseLike<Results>, number: number, statements: Statement[]) => Promise<Results>,
): Connect {
  return (meter) => {
    const { $client } = connect(meter) as unknown as { $client: Client }
    let count = 0
    const passed = async (send: () => PromiseLike<Results>, statements: Statement[]) => {
      count++
      return await around(send, count, statements)
    }
    const client: Client = {
      query(text, params, options) {
        const query = $client.query(text, params, options)
        // As the client's own, it is sent when somebody waits for it.
        return Object.assign(Object.create(query), {
          text,
          params,
          // biome-ignore lint/suspicious/noThenProperty: see above
          then: (...callbacks: Parameters<Query['then']>) =>
            passed(() => query, [{ text, params }]).then(...callbacks),
        })
      },
      transaction: (queries, options) =>
        passed(
          () => $client.transaction(queries, options),
          queries.map(({ text = '', params = [] }) => ({ text, params })),
        ),
    }
    return drizzle({ client: client as never })
  }
}

import { inject } from 'vitest'
import { databaseFetch } from '#runtime'
import { type DatabaseFetch, prepareDatabase } from '../../../src/db/client.ts'
import type { AppDeps } from '../../../src/deps.ts'
import type { ErrorCode, VariableName } from '../../../src/features.ts'
import { FAULT_HEADERS, type FaultName } from '../../support/fault-names.ts'
import type { createTestDatabase } from '../../support/test-app.ts'

/**
 * The servers that requests depend on, and the error that their failure is answered with; `null`: the request
 * goes on without it.
 */
export const OUTSIDE = {
  database: 'database_unavailable',
  breaches: null,
  mail: null,
} as const satisfies Record<string, ErrorCode | null>

export type Server = keyof typeof OUTSIDE

/** The URL of each real server that is asked by `fetch`. */
const addresses = (): Record<Exclude<Server, 'database'>, string> => ({
  breaches: `${inject('breachedPasswordsUrl')}/unknown/proof/`,
  mail: `${inject('mailProviderUrl')}/accepts/`,
})

/** The fault of the request that is sent to a server as the `at`th, counted from 1, or of all to one server. */
type Planned = { fault: FaultName; late: string } & ({ at: number } | { server: Server })

type Database = Awaited<ReturnType<typeof createTestDatabase>>
type After = () => Promise<void>

/** Nobody listens there. */
const CLOSED = 'http://localhost:1/'

/**
 * The deps that ask other servers, with a fault at one of their requests: it is sent to a server that fails
 * as planned, with the server that it is meant for behind it.
 */
export function createOutside(database: Database, options: { timeoutMilliseconds: number }) {
  const faulty = new URL(database.faultyUrl)
  const faultyUrl = `http://${faulty.host}/`
  const urls = addresses()
  const servers = Object.entries(urls) as [Server, string][]
  const asked: Server[] = []
  const unlisted: string[] = []
  const plan: { fault: Planned | null; after: After | null } = { fault: null, after: null }
  const redirect = (server: Server, url: string, headers: Record<string, string>) => {
    asked.push(server)
    const { fault } = plan
    if (!fault || !('at' in fault ? fault.at === asked.length : fault.server === server))
      return { url, headers }
    if (fault.fault === 'refuses') return { url: CLOSED, headers }
    const planned = {
      [FAULT_HEADERS.fault]: fault.fault,
      [FAULT_HEADERS.upstream]: url,
      [FAULT_HEADERS.late]: fault.late,
    }
    return { url: faultyUrl, headers: { ...headers, ...planned } }
  }
  const real: DatabaseFetch = databaseFetch ?? ((url, init) => fetch(url, init))
  const throughDatabase: DatabaseFetch = async (url, init) => {
    const { url: address, headers } = redirect('database', url, init.headers)
    const response = await real(address, { ...init, headers })
    const { after } = plan
    if (!after) return response
    // The answer has arrived before anybody looks at what it left behind.
    const text = await response.text()
    await Promise.resolve(after())
    const { ok, status } = response
    return { ok, status, text: async () => text, json: async () => JSON.parse(text) }
  }
  const throughFetch: typeof fetch = async (url, init = {}) => {
    const [server] = servers.find(([, known]) => String(url).startsWith(known)) ?? []
    if (!server) {
      unlisted.push(new URL(String(url)).origin)
      throw new Error('No such server')
    }
    const { url: address, headers } = redirect(server, String(url), init.headers as Record<string, string>)
    const response = await fetch(address, { ...init, headers })
    await Promise.resolve(plan.after?.())
    return response
  }
  return {
    variables: { BREACHED_PASSWORDS_URL: urls.breaches } satisfies Partial<Record<VariableName, string>>,
    deps: {
      connect: prepareDatabase(database.url, {
        ...options,
        now: () => performance.now(),
        databaseFetch: throughDatabase,
      }),
      fetch: throughFetch,
    } satisfies Partial<AppDeps>,
    /** Runs a request with a fault, or with something to do after each request that it sends elsewhere. */
    async during<T>(
      planned: Partial<typeof plan>,
      request: () => Promise<T>,
    ): Promise<{ result: T; asked: Server[] }> {
      asked.length = 0
      unlisted.length = 0
      Object.assign(plan, planned)
      try {
        const result = await request()
        const advice = 'which OUTSIDE in test/proof/faults/outside.ts does not list'
        if (unlisted.length > 0) throw new Error(`The flow asks ${unlisted.join()}, ${advice}`)
        const { fault } = plan
        if (fault && !('at' in fault ? asked.length >= fault.at : asked.includes(fault.server)))
          throw new Error('The request that was to fail was not sent')
        return { result, asked: [...asked] }
      } finally {
        Object.assign(plan, { fault: null, after: null })
      }
    },
    /** Lets a request arrive that `arrives-late` held back. */
    async arrive(late: string): Promise<void> {
      const response = await fetch(`${faultyUrl}late/${late}`)
      if ((await response.text()) !== 'true') throw new Error('No request waited to arrive late')
    },
  }
}

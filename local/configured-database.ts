import { existsSync } from 'node:fs'
import { type Database, prepareDatabase } from '../src/db/client.ts'
import { embeddedFolder, findEndpoint, openEmbedded, openServer, SetUpError } from './database.ts'
import { readVariable } from './dev-vars.ts'
import { createNeonEndpoint, serveNeonEndpoint } from './neon-endpoint.ts'

export type ConfiguredDatabase = {
  db: Database
  /** Where the data is, for people; without credentials. */
  location: string
  close(): Promise<void>
}

/**
 * The database that an operator's command works on: that of `DATABASE_URL`, or else the one of `npm run dev`, whether
 * that runs or not. The product's own statements run on it, by the driver that they have in production.
 *
 * @throws SetUpError where there is none
 */
export async function openConfigured(environment: NodeJS.ProcessEnv): Promise<ConfiguredDatabase> {
  const url = readVariable(environment, 'DATABASE_URL')
  const folder = embeddedFolder(environment, Number(readVariable(environment, 'PORT') ?? 8000))
  const running = url ? null : findEndpoint(folder)
  if (running !== null) {
    return {
      db: connect(running),
      location: `embedded PostgreSQL in ${folder}`,
      close: () => Promise.resolve(),
    }
  }
  if (!url && !existsSync(folder)) {
    throw new SetUpError(
      `DATABASE_URL is not set, and there is no database in ${folder}: npm run dev makes one`,
    )
  }
  const { pool, location, close } = await (url ? openServer(url) : openEmbedded(folder))
  const endpoint = await serveNeonEndpoint(createNeonEndpoint({ poolFor: () => pool }), { port: 0 })
  return { db: connect(endpoint.port), location, close: () => endpoint.close().then(close) }
}

function connect(port: number): Database {
  const prepared = prepareDatabase(`postgresql://local:local@localhost:${port}/postgres`, () =>
    performance.now(),
  )
  return prepared({ roundTrips: 0, milliseconds: 0 })
}

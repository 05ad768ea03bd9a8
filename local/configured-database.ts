import { sql } from 'drizzle-orm'
import { type Database, prepareDatabase } from '../src/db/client.ts'
import {
  type Endpoint,
  embeddedFolder,
  endpointUrl,
  findHolder,
  findInstances,
  hasSecret,
  isMissingOrEmpty,
  type LocalDatabase,
  lockFile,
  openEmbedded,
  openServer,
  SetUpError,
} from './database.ts'
import { readVariable } from './dev-vars.ts'
import { readSchema } from './migrate.ts'
import { createNeonEndpoint, serveNeonEndpoint } from './neon-endpoint.ts'

export type ConfiguredDatabase = {
  db: Database
  /** The place of the data for messages, without credentials. */
  location: string
  close(): Promise<void>
}

/**
 * Opens the database for an operator's command: that of `DATABASE_URL`, or else the one of `npm run dev`,
 * whether that runs or not. The command uses the product's own statements and the driver of production.
 *
 * @throws SetUpError if there is no database
 */
export async function openConfigured(environment: NodeJS.ProcessEnv): Promise<ConfiguredDatabase> {
  const url = readVariable(environment, 'DATABASE_URL')
  const schema = readSchema({ DATABASE_SCHEMA: readVariable(environment, 'DATABASE_SCHEMA') })
  if (url) return await putBehindEndpoint(await openServer(url), schema)
  const folder = embeddedFolder(environment, Number(readVariable(environment, 'PORT') ?? 8000))
  if (folder === 'memory:') {
    throw new SetUpError(
      'LOCAL_DB_DIR is "memory:", and what npm run dev keeps there no other process can reach',
    )
  }
  const holder = findHolder(folder)
  if (holder?.endpoint) return await openRunning(folder, { ...holder, endpoint: holder.endpoint, schema })
  if (holder === null && isMissingOrEmpty(folder)) {
    throw new SetUpError(
      `DATABASE_URL is not set, and there is no database in ${folder}: set it, or let npm run dev make one` +
        hintAtOthers(environment),
    )
  }
  const database = await putBehindEndpoint(await openEmbedded(folder), schema)
  return { ...database, location: database.location + hintAtOthers(environment) }
}

/** Names the instances that run on other ports: the operator may have meant one of them. */
function hintAtOthers(environment: NodeJS.ProcessEnv): string {
  if (environment['LOCAL_DB_DIR']) return ''
  const found = findInstances().map((port) => `PORT=${port}`)
  return found.length === 0
    ? ''
    : `\nnpm run dev runs with ${found.join(' and ')}: to work on that one, set it here too`
}

/** Connects through the process that has the folder open: opened by two processes, the database is ruined. */
async function openRunning(
  folder: string,
  { processId, endpoint, schema }: { processId: number; endpoint: Endpoint; schema: string },
): Promise<ConfiguredDatabase> {
  const db = connect(endpointUrl(endpoint), schema)
  try {
    await db.execute(sql`select 1`)
  } catch {
    // The number and the port of a process that was killed can be those of another process by now.
    throw new SetUpError(
      `Process ${processId} should have the database in ${folder} open, but it does not answer at port ` +
        `${endpoint.port}. If that process is not npm run dev, delete ${lockFile(folder)}`,
    )
  }
  return { db, location: `embedded PostgreSQL in ${folder}`, close: () => Promise.resolve() }
}

async function putBehindEndpoint(database: LocalDatabase, schema: string): Promise<ConfiguredDatabase> {
  const { pool, secret, location, close } = database
  const poolFor = (connectionString: string) => (hasSecret(secret, connectionString) ? pool : undefined)
  const { port, ...endpoint } = await serveNeonEndpoint(createNeonEndpoint({ poolFor }), { port: 0 })
  return {
    db: connect(endpointUrl({ port, secret }), schema),
    location,
    close: () => endpoint.close().then(close),
  }
}

function connect(url: string, schema: string): Database {
  const prepared = prepareDatabase(url, { now: () => performance.now(), schema })
  return prepared({ roundTrips: 0, milliseconds: 0 })
}

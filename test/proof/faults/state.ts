import { TABLE_NAMES } from '../../support/empty-database.ts'
import type { createTestDatabase } from '../../support/test-app.ts'
import type { TableName } from './flow.ts'

type Database = Awaited<ReturnType<typeof createTestDatabase>>
type Row = Record<string, unknown>

/** The limits count every attempt, also one that came to nothing. */
export const BOOKKEEPING = 'rate_limits'

const TABLES = TABLE_NAMES as TableName[]

/** By table: its rows as texts in alphabetical order, in which two runs of the same flow are equal. */
export type State = Record<TableName, string[]>

const READ = `select json_build_object(${TABLES.map(
  (table) => `'${table}', (select coalesce(json_agg(to_jsonb(t)), '[]') from ${table} t)`,
).join()})::text as state`

/** Everything that the database holds. */
export async function readState(database: Database): Promise<State> {
  const [row] = await database.sql(READ)
  const tables = JSON.parse(row?.['state'] ?? '{}') as Record<keyof State, Row[]>
  const names = new Map(tables.users.map(({ id, username }) => [id, username]))
  const entries = TABLES.map((table) => [
    table,
    tables[table].map((each) => textOf(each, table, names)).sort(),
  ])
  return Object.fromEntries(entries) as State
}

const UUID = /[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g

/**
 * A row without what is random or counted on: ids, salted hashes, and the hashed part of a bucket's key.
 * Members of a payload come in the order of jsonb, which depends on their names alone.
 */
function textOf(row: Row, table: keyof State, names: ReadonlyMap<unknown, unknown>): string {
  const entries = Object.entries(row).flatMap(([name, value]) => {
    if (name === 'id') return table === 'users' ? [[name, names.get(value)]] : []
    if (name === 'user_id' || name === 'actor_id')
      return [[name, names.get(value) ?? (value && 'somebody gone')]]
    if (name === 'number') return []
    if (name === 'key') return [[name, String(value).split(':')[0]]]
    if (name === 'password_hash') return [[name, value && 'a hash']]
    return [[name, value]]
  })
  return JSON.stringify(Object.fromEntries(entries)).replace(UUID, 'uuid')
}

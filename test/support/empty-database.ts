import { getTableName } from 'drizzle-orm'
import { TABLES } from '../../src/features.ts'

/** The names of all tables of the product. */
export const TABLE_NAMES = Object.values(TABLES).map((table) => getTableName(table))

/** Migrations fill these. */
const FILLED = ['roles', 'role_permissions']

/** With the person goes what belongs to them, so people come first. */
const EMPTIED = ['users', ...TABLE_NAMES.filter((name) => name !== 'users' && !FILLED.includes(name))]

/** A statement that empties a database, except of what migrations brought. */
export const EMPTY = `do $$ begin
  ${EMPTIED.map((name) => `delete from ${name};`).join(' ')}
  delete from roles where name not in ('admin', 'user');
end $$`

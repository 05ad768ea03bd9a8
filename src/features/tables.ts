import { pgSchema, timestamp } from 'drizzle-orm/pg-core'

/** What the schema is called in code, in migrations and by default. */
export const SCHEMA_NAME = 'lumascope'

/** The PostgreSQL schema that all of our tables are in, beside an application's own. */
export const lumascope = pgSchema(SCHEMA_NAME)

/**
 * A column for a point in time, to the millisecond: what JavaScript can hold, so that comparisons are exact.
 */
export const time = (name: string) => timestamp(name, { withTimezone: true, precision: 3 })

/**
 * A statement for tables in another schema. Values are parameters, so the name stands in a statement's text
 * as an identifier and nowhere else.
 *
 * @param schema an identifier that needs no escaping, as `DATABASE_SCHEMA` is checked to be
 */
export function inSchema(statement: string, schema: string): string {
  return schema === SCHEMA_NAME ? statement : statement.replaceAll(`"${SCHEMA_NAME}"`, `"${schema}"`)
}

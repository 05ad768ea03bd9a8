import { pgSchema, timestamp } from 'drizzle-orm/pg-core'

/** The name of the schema in code, in migrations and by default. */
export const SCHEMA_NAME = 'lumascope'

/** The PostgreSQL schema that all of our tables are in, beside an application's own. */
export const lumascope = pgSchema(SCHEMA_NAME)

/**
 * A column for a time in milliseconds, the precision of `Date`, so that comparisons are exact.
 */
export const time = (name: string) => timestamp(name, { withTimezone: true, precision: 3 })

/**
 * Replaces the schema in a statement. All values are parameters, so the quoted name occurs in the text of a
 * statement only as an identifier.
 *
 * @param schema an identifier that needs no escaping, as the rule of `DATABASE_SCHEMA` ensures
 */
export function inSchema(statement: string, schema: string): string {
  return schema === SCHEMA_NAME ? statement : statement.replaceAll(`"${SCHEMA_NAME}".`, `"${schema}".`)
}

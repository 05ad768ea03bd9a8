/** The largest `integer` of PostgreSQL: a larger id would be an error there rather than nobody's. */
export const MAX_INTEGER = 2_147_483_647

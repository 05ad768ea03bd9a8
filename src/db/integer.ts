/** The largest `integer` of PostgreSQL: with a larger id a query fails instead of finding nobody. */
export const MAX_INTEGER = 2_147_483_647

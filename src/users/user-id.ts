/** PostgreSQL's `integer`: a larger id would be an error there rather than nobody's. */
export const MAX_USER_ID = 2_147_483_647

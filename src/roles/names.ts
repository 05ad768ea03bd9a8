/** Built in, holds every permission; from the first administrator on, somebody enabled always has it. */
export const ADMIN_ROLE = 'admin'

/** Built in; what everybody who registers is given. */
export const DEFAULT_ROLE = 'user'

/** What a role may be called: the name stands in paths, queries and tokens. */
export const ROLE_NAME = /^[a-z][a-z0-9_-]{0,31}$/

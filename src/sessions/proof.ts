/** How somebody proved who they are, by the names of RFC 8176. */
export type Method = 'pwd'

/**
 * What every way of signing in ends in, and what alone opens a session: who it is, by which methods, and the version of
 * the account that was checked. A session opens only if that is still the version then.
 */
export type Proof = { userId: number; authVersion: number; methods: readonly Method[] }

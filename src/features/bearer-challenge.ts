/** The name of the protected service, for people. */
const REALM = 'LumaScope'

/**
 * The value of `WWW-Authenticate`. A challenge needs a parameter (RFC 6750 section 3); without a token that
 * can only be the realm: clients that parse the header by its grammar refuse a bare `Bearer`.
 *
 * @param error an error code of RFC 6750 section 3.1, only if a token was presented
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1
 */
export function bearerChallenge(realm: string, error?: 'invalid_token' | 'insufficient_scope'): string {
  const quoted = realm.replaceAll(/["\\]/g, '\\$&')
  return `Bearer realm="${quoted}"${error ? `, error="${error}"` : ''}`
}

/** The headers of a 401 or 403, by what was wrong with the token. */
export const CHALLENGES = {
  noToken: { 'WWW-Authenticate': bearerChallenge(REALM) },
  invalidToken: { 'WWW-Authenticate': bearerChallenge(REALM, 'invalid_token') },
  insufficientScope: { 'WWW-Authenticate': bearerChallenge(REALM, 'insufficient_scope') },
}

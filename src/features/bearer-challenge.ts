/** The reasons of a challenge: no token was presented; one that is not accepted; one that may not do this. */
export type Challenge = 'no_token' | 'invalid_token' | 'insufficient_scope'

/**
 * The value of `WWW-Authenticate`. A challenge needs a parameter (RFC 6750 section 3); without a token that
 * can only be the realm: clients that parse the header by its grammar refuse a bare `Bearer`. With a token it
 * also has the error code of RFC 6750 section 3.1.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1
 */
export function bearerChallenge(realm: string, reason: Challenge): string {
  const quoted = realm.replaceAll(/["\\]/g, '\\$&')
  return `Bearer realm="${quoted}"${reason === 'no_token' ? '' : `, error="${reason}"`}`
}

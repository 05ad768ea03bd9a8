import type { Config } from '../config/parse-config.ts'
import { signToken } from '../crypto/jwt.ts'
import type { Deps } from '../deps.ts'
import type { Principal } from '../sql/users.ts'
import { metadataClaims } from './metadata-claims.ts'
import { ACCESS_TOKEN_USE } from './verify-access-token.ts'

export type AccessToken = { token: string; expiresInSeconds: number }

export type AccessTokenSubject = {
  user: Principal
  sessionId: string
  authenticatedAt: Date
  /** Whether it goes into a cookie that no script can read. */
  forCookie: boolean
}

/**
 * Issues the JWT that proves a sign-in. Whatever is configured, `uid` is the user it speaks for and `sid`
 * their session, and this server goes by no other claim. `sub` is by default the email address, which
 * LumaScope's clients expect; `email_verified` says whether its owner was ever proven.
 *
 * In a cookie `sub` is the id, and the claims for clients are left out: no script can read them there, and
 * this server does not. Browsers drop a cookie of over 4,096 bytes without an error (RFC 6265bis section
 * 5.6). As JSON escapes a name of 100 emoji is 1,200 bytes, 32 roles are 1,120, an address is 574: in base64
 * that makes 3,859 characters beside the rest.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9068#section-2.2
 * @see https://openid.net/specs/openid-connect-core-1_0.html#StandardClaims for `email_verified`
 */
export async function issueAccessToken(
  { config, clock, random, keyRing }: Pick<Deps, 'config' | 'clock' | 'random' | 'keyRing'>,
  { user, sessionId, authenticatedAt, forCookie }: AccessTokenSubject,
): Promise<AccessToken> {
  const issuedAt = Math.floor(clock().getTime() / 1000)
  const expiresInSeconds = config.accessTokenSeconds
  const claims = {
    iss: config.publicUrl,
    aud: config.audience,
    sub: forCookie || config.jwtSubject === 'id' ? String(user.id) : user.email,
    email_verified: user.emailVerifiedAt !== null,
    uid: user.id,
    sid: sessionId,
    jti: random.uuid(),
    iat: issuedAt,
    exp: issuedAt + expiresInSeconds,
    auth_time: Math.floor(authenticatedAt.getTime() / 1000),
    token_use: ACCESS_TOKEN_USE,
    // RFC 9068 requires the client: of all sign-ins, it is the frontend.
    ...(config.jwtType === 'at+jwt' && { client_id: config.appUrl }),
    ...(!forCookie && readableClaims(config, user)),
  }
  return { token: await signToken(keyRing, claims, config.jwtType), expiresInSeconds }
}

/** For clients, and for services that decide by the token alone. This server never decides by them. */
function readableClaims(config: Pick<Config, 'jwtClaims'>, user: Principal): Record<string, unknown> {
  const { roles, permissions, username, fullName, email } = user
  const all = {
    roles,
    ...(permissions.length > 0 && { scope: permissions.join(' ') }),
    ...(fullName !== null && { full_name: fullName }),
    ...(username !== null && { username }),
    email,
  }
  const { names } = config.jwtClaims
  const named = Object.entries(all).filter(([name]) => names.has(name as keyof typeof all))
  return { ...Object.fromEntries(named), ...metadataClaims(config, user.appMetadata) }
}

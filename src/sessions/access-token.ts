import { isUuid } from '../crypto/encoding.ts'
import { signToken, verifyToken } from '../crypto/jwt.ts'
import type { Deps } from '../deps.ts'
import { MAX_USER_ID } from '../user-id.ts'
import type { Principal } from '../users/queries.ts'

export type AccessToken = { token: string; expiresInSeconds: number }

/** Who an access token speaks for: always the id, since an email address can change hands. */
export type AccessClaims = { userId: number; sessionId: string }

/** Says what a token is for, so that no other kind of token signed by the same keys is taken for it. */
const TOKEN_USE = 'access'

/**
 * Mints the JWT that proves a sign-in. `sub` is the address, as LumaScope's clients expect, whether or not anybody
 * ever proved it, which `email_verified` says; `uid` is who the token speaks for, within its session `sid`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9068#section-2.2
 * @see https://openid.net/specs/openid-connect-core-1_0.html#StandardClaims for `email_verified`
 */
export async function issueAccessToken(
  { config, clock, random, keyRing }: Pick<Deps, 'config' | 'clock' | 'random' | 'keyRing'>,
  { user, sessionId, authenticatedAt }: { user: Principal; sessionId: string; authenticatedAt: Date },
): Promise<AccessToken> {
  const issuedAt = Math.floor(clock().getTime() / 1000)
  const expiresInSeconds = config.accessTokenSeconds
  const token = await signToken(keyRing, {
    iss: config.publicUrl,
    aud: config.audience,
    sub: user.email,
    email_verified: user.emailVerifiedAt !== null,
    uid: user.id,
    sid: sessionId,
    jti: random.uuid(),
    iat: issuedAt,
    exp: issuedAt + expiresInSeconds,
    auth_time: Math.floor(authenticatedAt.getTime() / 1000),
    roles: user.roles,
    // For services that decide by the token alone; this one never does.
    ...(user.permissions.length > 0 && { scope: user.permissions.join(' ') }),
    full_name: user.fullName,
    token_use: TOKEN_USE,
  })
  return { token, expiresInSeconds }
}

/** Checks an access token without any query; `null` for every reason to refuse it. */
export async function verifyAccessToken(
  { config, clock, keyRing }: Pick<Deps, 'config' | 'clock' | 'keyRing'>,
  token: string,
  { ignoreExpiry = false }: { ignoreExpiry?: boolean } = {},
): Promise<AccessClaims | null> {
  const expected = { issuer: config.publicUrl, audience: config.audience, now: clock(), ignoreExpiry }
  const claims = await verifyToken(keyRing, token, expected)
  const uid = claims?.['uid']
  if (claims?.['token_use'] !== TOKEN_USE || typeof uid !== 'number') return null
  if (!Number.isInteger(uid) || uid < 1 || uid > MAX_USER_ID) return null
  const sid = claims['sid']
  if (typeof sid !== 'string' || !isUuid(sid)) return null
  return { userId: uid, sessionId: sid }
}

import { isUuid } from '../crypto/encoding.ts'
import { signToken, verifyToken } from '../crypto/jwt.ts'
import { MAX_INTEGER } from '../db/integer.ts'
import type { Deps } from '../deps.ts'
import type { Principal } from '../sql/users.ts'

export type AccessToken = { token: string; expiresInSeconds: number }

/** Who an access token speaks for: always the id, since an email address can change hands. */
export type AccessClaims = { userId: number; sessionId: string }

/** Says what a token is for, so that no other kind of token signed by the same keys is taken for it. */
const TOKEN_USE = 'access'

export type AccessTokenSubject = {
  user: Principal
  sessionId: string
  authenticatedAt: Date
  /** Whether it goes into a cookie that no script can read. */
  forCookie: boolean
}

/**
 * Mints the JWT that proves a sign-in. `sub` is the address, as LumaScope's clients expect, whether or not
 * anybody ever proved it, which `email_verified` says; `uid` is who the token speaks for, within its session
 * `sid`.
 *
 * In a cookie it says that much and no more. Browsers drop a cookie of over 4,096 bytes without a word (RFC
 * 6265bis section 5.6), and a name of 100 emoji is 1,200 bytes as JSON escapes, 32 roles are 1,120, an
 * address is 574: in base64, 3,859 characters beside the rest. Nobody could read them there, and this server
 * reads none of them.
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
  const token = await signToken(keyRing, {
    iss: config.publicUrl,
    aud: config.audience,
    sub: forCookie ? String(user.id) : user.email,
    email_verified: user.emailVerifiedAt !== null,
    uid: user.id,
    sid: sessionId,
    jti: random.uuid(),
    iat: issuedAt,
    exp: issuedAt + expiresInSeconds,
    auth_time: Math.floor(authenticatedAt.getTime() / 1000),
    token_use: TOKEN_USE,
    ...(!forCookie && readableClaims(user)),
  })
  return { token, expiresInSeconds }
}

/** For clients, and for services that decide by the token alone; this one never does. */
function readableClaims({ roles, permissions, fullName }: Principal): Record<string, unknown> {
  const scope = permissions.length > 0 && { scope: permissions.join(' ') }
  return { roles, ...scope, full_name: fullName }
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
  if (!Number.isInteger(uid) || uid < 1 || uid > MAX_INTEGER) return null
  const sid = claims['sid']
  if (typeof sid !== 'string' || !isUuid(sid)) return null
  return { userId: uid, sessionId: sid }
}

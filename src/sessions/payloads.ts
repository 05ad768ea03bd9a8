import * as z from 'zod/mini'
import { flag, oauthParameters } from '../http/schemas.ts'
import type { Session } from '../sql/sessions.ts'
import { type Shown, toUserPayload, userPayload } from '../users/payloads.ts'
import type { TokenPair } from './issue-tokens.ts'

/** `POST /refresh` */
export const refreshBody = z
  .strictObject({ refresh_token: z.optional(z.string()), ...oauthParameters('refresh_token') })
  .check(z.meta({ id: 'Refresh' }))

/** `POST /logout` */
export const logoutBody = z
  .strictObject({
    refresh_token: z.optional(z.string()),
    token: z
      .optional(z.string())
      .check(z.meta({ description: 'A refresh or access token, as OAuth 2 clients call it (RFC 7009).' })),
    // Ignored, as RFC 7009 section 2.1 allows: the signature decides which kind a token is.
    token_type_hint: z.optional(z.string()),
    client_id: z.optional(z.string()),
    client_secret: z.optional(z.string()),
  })
  .check(
    z.refine((body) => body.refresh_token === undefined || body.token === undefined, {
      path: ['token'],
      error: 'send either token or refresh_token',
    }),
    z.meta({ id: 'Logout' }),
  )

/** `DELETE /users/me/sessions` */
export const endSessionsQuery = z.strictObject({ keep_current: flag })

const seconds = (description: string) => z.int().check(z.meta({ description }))

const tokenPair = {
  access_token: z.string(),
  token_type: z.literal('bearer'),
  expires_in: seconds('Lifetime of the access token in seconds.'),
  refresh_token: z.string().check(z.meta({ description: 'Opaque; each is good for one refresh.' })),
  refresh_token_expires_in: seconds('When the session ends unless it is refreshed, in seconds.'),
}

/** The answer to a sign-in and a refresh (RFC 6749 section 5.1). */
export const tokenPairPayload = z.object(tokenPair).check(z.meta({ id: 'TokenPair' }))

export function toTokenPairPayload(pair: TokenPair): z.infer<typeof tokenPairPayload> {
  return {
    access_token: pair.accessToken,
    token_type: 'bearer',
    expires_in: pair.expiresInSeconds,
    refresh_token: pair.refreshToken,
    refresh_token_expires_in: pair.refreshExpiresInSeconds,
  }
}

/** The answer in cookie mode, without the tokens: scripts of the page must not get them. */
export const cookieSessionPayload = z
  .object({
    token_type: z.literal('cookie'),
    expires_in: seconds('When to refresh, in seconds.'),
    user: userPayload,
  })
  .check(z.meta({ id: 'CookieSession' }))

/** The answer to a registration that signed in, with tokens. */
export const registeredPayload = z
  .object({ ...tokenPair, user: userPayload })
  .check(z.meta({ id: 'RegisteredTokenPair' }))

export function toRegisteredPayload(pair: TokenPair, shown: Shown): z.infer<typeof registeredPayload> {
  return { ...toTokenPairPayload(pair), user: toUserPayload(pair.user, shown) }
}

/** The answer to a sign-in and a refresh, in either mode. */
export const signedInPayload = z.union([tokenPairPayload, cookieSessionPayload])

export function toCookieSessionPayload(pair: TokenPair, shown: Shown): z.infer<typeof cookieSessionPayload> {
  return { token_type: 'cookie', expires_in: pair.expiresInSeconds, user: toUserPayload(pair.user, shown) }
}

const sessionPayload = z
  .object({
    id: z.uuid(),
    created_at: z.iso.datetime(),
    last_used_at: z.iso.datetime(),
    expires_at: z.iso.datetime(),
    ip_address: z.nullable(z.string()),
    user_agent: z.nullable(z.string()),
    current: z.boolean().check(z.meta({ description: 'Whether this request belongs to it.' })),
  })
  .check(z.meta({ id: 'Session' }))

/** `GET /users/me/sessions` */
export const sessionListPayload = z
  .object({ items: z.array(sessionPayload) })
  .check(z.meta({ id: 'SessionList' }))

export function toSessionListPayload(
  sessions: readonly Session[],
  currentId: string,
): z.infer<typeof sessionListPayload> {
  return {
    items: sessions.map((session) => ({
      id: session.id,
      created_at: session.createdAt.toISOString(),
      last_used_at: session.lastUsedAt.toISOString(),
      expires_at: session.expiresAt.toISOString(),
      ip_address: session.ipAddress,
      user_agent: session.userAgent,
      current: session.id === currentId,
    })),
  }
}

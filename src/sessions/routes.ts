import { type Context, Hono } from 'hono'
import { anyone } from '../access/anyone.ts'
import { findBearerToken } from '../access/bearer-token.ts'
import { findDevice, setDeviceCookie } from '../access/device-cookie.ts'
import { limitFloods } from '../access/limit-floods.ts'
import { requireUser } from '../access/require-user.ts'
import {
  clearSessionCookies,
  cookieToken,
  hasSessionCookies,
  setSessionCookies,
  soleCookie,
} from '../access/session-cookies.ts'
import { assertTrustedOrigin, isTrustedOrigin } from '../access/trusted-origin.ts'
import type { Device } from '../crypto/device-token.ts'
import { AppError } from '../errors.ts'
import type { AppEnv } from '../http/context.ts'
import { describeRoute } from '../http/describe-route.ts'
import { validBody, validQuery } from '../http/validate.ts'
import { signIn } from '../passwords/sign-in.ts'
import { endOwnSession } from './end-own-session.ts'
import { findTokenSession } from './find-token-session.ts'
import type { TokenPair } from './issue-tokens.ts'
import {
  endSessionsQuery,
  loginBody,
  loginQuery,
  logoutBody,
  refreshBody,
  sessionListPayload,
  signedInPayload,
  toCookieSessionPayload,
  toSessionListPayload,
  toTokenPairPayload,
} from './payloads.ts'
import { endAllSessions, endSession, listSessions } from './queries.ts'
import { refresh } from './refresh.ts'

const tag = 'Sign-in'

/** Served at the root and, for existing frontends, under `/auth`. */
export const sessionRoutes = new Hono<AppEnv>()
  .post(
    '/login',
    anyone(),
    describeRoute({
      summary: 'Sign in',
      description: 'Takes an email address or a username, as a form or as JSON, and opens a session.',
      tag,
      responses: { 200: signedInPayload },
      errors: ['invalid_credentials', 'origin_rejected'],
    }),
    validQuery(loginQuery),
    validBody(loginBody, ['form', 'json']),
    limitFloods('sign_in'),
    async (c) => {
      const { email, username, password } = c.req.valid('json')
      const useCookies = c.req.valid('query').use_cookies === 'true'
      // A foreign page must not sign its visitor in as somebody else.
      if (useCookies) assertTrustedOrigin(c)
      const identifier = email ?? username ?? ''
      const attempt = { identifier, password, device: await findDevice(c), forCookie: useCookies }
      const { pair, device } = await signIn(c.var.deps, attempt)
      c.set('userId', pair.user.id)
      return await answerTokens(c, pair, { useCookies, device })
    },
  )
  .post(
    '/refresh',
    anyone(),
    describeRoute({
      summary: 'Exchange a refresh token for the next pair',
      description:
        'The token before the current one is answered with the current one for a few seconds; after that, and with any older one, the session ends.',
      tag,
      responses: { 200: signedInPayload },
      errors: ['unauthenticated', 'invalid_token', 'origin_rejected', 'rate_limited'],
    }),
    validBody(refreshBody, ['json', 'form'], { optional: true }),
    async (c) => {
      const given = c.req.valid('json').refresh_token
      const token = given ?? cookieToken(c, 'refresh')
      if (token === null) throw new AppError('unauthenticated')
      const useCookies = given === undefined
      const pair = await refresh(c.var.deps, { token, forCookie: useCookies })
      c.set('userId', pair.user.id)
      return await answerTokens(c, pair, { useCookies, device: null })
    },
  )
  .post(
    '/logout',
    anyone(),
    describeRoute({
      summary: 'Sign out',
      description:
        'Ends the session of the refresh token, or else of the bearer token. Never an error twice.',
      tag,
      responses: { 204: '' },
    }),
    validBody(logoutBody, ['json', 'form'], { optional: true }),
    async (c) => {
      const { deps } = c.var
      const { refresh_token, token = refresh_token ?? null } = c.req.valid('json')
      const given = { refreshToken: token, accessToken: findBearerToken(c) ?? token }
      let sessionId = await findTokenSession(deps, given)
      if (sessionId === null && hasSessionCookies(c)) {
        assertTrustedOrigin(c)
        const kept = { refreshToken: soleCookie(c, 'refresh'), accessToken: soleCookie(c, 'access') }
        sessionId = await findTokenSession(deps, kept)
      }
      if (sessionId) await endSession(deps, { sessionId, now: deps.clock(), type: 'signed_out' })
      if (isTrustedOrigin(c)) clearSessionCookies(c)
      return c.body(null, 204)
    },
  )

/** Tokens go into cookies or into the body, never into both. */
async function answerTokens(
  c: Context<AppEnv>,
  pair: TokenPair,
  { useCookies, device }: { useCookies: boolean; device: Device | null },
) {
  // For caches that know HTTP/1.0 only (RFC 6749 section 5.1).
  c.header('Pragma', 'no-cache')
  const body = useCookies ? toCookieSessionPayload(pair) : toTokenPairPayload(pair)
  if (device) await setDeviceCookie(c, device)
  if (useCookies) setSessionCookies(c, pair)
  return c.json(body, 200)
}

/** A person's own sessions. */
export const ownSessionRoutes = new Hono<AppEnv>()
  .get(
    '/users/me/sessions',
    requireUser(),
    describeRoute({
      summary: 'Where you are signed in',
      tag: 'Your account',
      responses: { 200: sessionListPayload },
    }),
    async (c) => {
      const { deps, user, sessionId } = c.var
      const sessions = await listSessions(deps.db, { userId: user.id, now: deps.clock() })
      if (!sessions) throw new AppError('invalid_token')
      return c.json(toSessionListPayload(sessions, sessionId), 200)
    },
  )
  .delete(
    '/users/me/sessions',
    requireUser(),
    describeRoute({
      summary: 'Sign out everywhere',
      tag: 'Your account',
      responses: { 204: '' },
    }),
    validQuery(endSessionsQuery),
    async (c) => {
      const { deps, user, sessionId } = c.var
      const keepCurrent = c.req.valid('query').keep_current === 'true'
      const caller = { userId: user.id, sessionId, now: deps.clock() }
      if (!(await endAllSessions(deps, { ...caller, keepCurrent }))) throw new AppError('invalid_token')
      if (!keepCurrent) clearSessionCookies(c)
      return c.body(null, 204)
    },
  )
  .delete(
    '/users/me/sessions/:id',
    requireUser(),
    describeRoute({
      summary: 'End one session',
      tag: 'Your account',
      responses: { 204: '' },
      errors: ['not_found'],
    }),
    async (c) => {
      const id = c.req.param('id')
      await endOwnSession(c.var.deps, { userId: c.var.user.id, sessionId: id })
      if (id === c.var.sessionId) clearSessionCookies(c)
      return c.body(null, 204)
    },
  )

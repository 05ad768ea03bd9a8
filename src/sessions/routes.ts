import { Hono } from 'hono'
import { answerTokens } from '../access/answer-tokens.ts'
import { anyone } from '../access/anyone.ts'
import { findBearerToken } from '../access/bearer-token.ts'
import { requireUser } from '../access/require-user.ts'
import { clearSessionCookies, cookieToken, hasSessionCookies, soleCookie } from '../access/session-cookies.ts'
import { assertTrustedOrigin, isTrustedOrigin } from '../access/trusted-origin.ts'
import { AppError } from '../errors.ts'
import type { AppEnv } from '../http/context.ts'
import { describeRoute } from '../http/describe-route.ts'
import { validBody, validQuery } from '../http/validate.ts'
import { endSession } from './end.ts'
import { endAllSessions } from './end-all.ts'
import { findTokenSession } from './find-token-session.ts'
import { listSessions } from './list.ts'
import {
  endSessionsQuery,
  logoutBody,
  refreshBody,
  sessionListPayload,
  signedInPayload,
  toSessionListPayload,
} from './payloads.ts'
import { refreshSession } from './refresh.ts'
import { signOut } from './sign-out.ts'

const tag = 'Sign-in'

/** Served at the root and, for existing frontends, under `/auth`. */
export const sessionRoutes = new Hono<AppEnv>()
  .post(
    '/refresh',
    anyone(),
    describeRoute({
      summary: 'Exchange a refresh token for the next pair',
      description:
        'The token before the current one is answered with the current one for a few seconds; after that, ' +
        'and with any older one, the session ends.',
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
      const pair = await refreshSession(c.var.deps, { token, forCookie: useCookies })
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
      errors: ['origin_rejected'],
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
      if (sessionId) await signOut(deps, { sessionId })
      if (isTrustedOrigin(c)) clearSessionCookies(c)
      return c.body(null, 204)
    },
  )

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
      const sessions = await listSessions(deps, { userId: user.id })
      return c.json(toSessionListPayload(sessions, sessionId), 200)
    },
  )
  .delete(
    '/users/me/sessions',
    requireUser({ per: 'session' }),
    describeRoute({
      summary: 'Sign out everywhere',
      tag: 'Your account',
      responses: { 204: '' },
    }),
    validQuery(endSessionsQuery),
    async (c) => {
      const { deps, user, sessionId } = c.var
      const keepCurrent = c.req.valid('query').keep_current === 'true'
      await endAllSessions(deps, { userId: user.id, sessionId, keepCurrent })
      if (!keepCurrent) clearSessionCookies(c)
      return c.body(null, 204)
    },
  )
  .delete(
    '/users/me/sessions/:id',
    requireUser({ per: 'session' }),
    describeRoute({
      summary: 'End one session',
      tag: 'Your account',
      responses: { 204: '' },
      errors: ['not_found'],
    }),
    async (c) => {
      const id = c.req.param('id')
      const caller = { userId: c.var.user.id, sessionId: c.var.sessionId }
      await endSession(c.var.deps, { caller, sessionId: id })
      if (id === c.var.sessionId) clearSessionCookies(c)
      return c.body(null, 204)
    },
  )

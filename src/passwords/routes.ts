import { Hono } from 'hono'
import { answerTokens } from '../access/answer-tokens.ts'
import { anyone } from '../access/anyone.ts'
import { findBearerToken } from '../access/bearer-token.ts'
import { findDevice, renewDeviceCookie, setDeviceCookie } from '../access/device-cookie.ts'
import { limitFloods } from '../access/limit-floods.ts'
import { requireUser } from '../access/require-user.ts'
import { setSessionCookies } from '../access/session-cookies.ts'
import { assertTrustedOrigin } from '../access/trusted-origin.ts'
import type { AppEnv } from '../http/context.ts'
import { describeRoute } from '../http/describe-route.ts'
import { validBody, validQuery } from '../http/validate.ts'
import { ACCEPTED, acceptedPayload } from '../one-time-tokens/payloads.ts'
import { signedInPayload, tokenPairPayload, toTokenPairPayload } from '../sessions/payloads.ts'
import type { AccountFields } from '../users/feature.ts'
import { changePassword } from './change.ts'
import { loginBody, loginQuery, passwordChangeBody, resetBody, resetRequestBody } from './payloads.ts'
import { requestPasswordReset } from './request-reset.ts'
import { resetPassword } from './reset.ts'
import { signIn } from './sign-in.ts'

/** Served at the root and, for existing frontends, under `/auth`. */
export const signInRoutes = (fields: AccountFields) =>
  new Hono<AppEnv>().post(
    '/login',
    anyone(),
    describeRoute({
      summary: 'Sign in',
      description: `Takes ${identifiersOf(fields)}, as a form or as JSON, and opens a session.`,
      tag: 'Sign-in',
      responses: { 200: signedInPayload },
      errors: ['invalid_credentials', 'email_not_verified', 'origin_rejected'],
    }),
    validQuery(loginQuery),
    validBody(loginBody(fields), ['form', 'json']),
    limitFloods('sign_in'),
    async (c) => {
      const { email, username, password } = c.req.valid('json')
      const useCookies = c.req.valid('query').use_cookies === 'true'
      // Login CSRF: a foreign page must not sign its visitor in to another account.
      if (useCookies) assertTrustedOrigin(c)
      const identifier = email ?? username ?? ''
      const attempt = { identifier, password, device: await findDevice(c), forCookie: useCookies }
      const { pair, device } = await signIn(c.var.deps, attempt)
      c.set('userId', pair.user.id)
      return await answerTokens(c, pair, { useCookies, device })
    },
  )

/** What people sign in by. */
function identifiersOf({ username }: AccountFields): string {
  return username === 'absent' ? 'an email address' : 'an email address or a username'
}

export const passwordRoutes = new Hono<AppEnv>()
  .post(
    '/users/me/password',
    requireUser({ per: 'session' }),
    describeRoute({
      summary: 'Change your password',
      description:
        'Every session ends, this one is replaced by a new one: no copy of an old token works. 200 with ' +
        'new tokens for who came with a bearer token, 204 with new cookies for who came with cookies. If ' +
        'the answer is lost, sign in with the new password.',
      tag: 'Your account',
      responses: { 200: tokenPairPayload, 204: '' },
      errors: ['wrong_password', 'weak_password'],
    }),
    validBody(passwordChangeBody),
    limitFloods('confirm'),
    async (c) => {
      const { current_password: currentPassword, new_password: newPassword } = c.req.valid('json')
      const { deps, user, sessionId } = c.var
      const device = await findDevice(c)
      // As in the guard, a bearer token takes precedence over a cookie.
      const forCookie = findBearerToken(c) === null
      const change = { user, sessionId, currentPassword, newPassword, forCookie }
      const { pair, passwordVersion } = await changePassword(deps, change)
      await renewDeviceCookie(c, device, { userId: user.id, passwordVersion })
      if (!forCookie) {
        // For caches that know HTTP/1.0 only (RFC 6749 section 5.1).
        c.header('Pragma', 'no-cache')
        return c.json(toTokenPairPayload(pair), 200)
      }
      setSessionCookies(c, pair)
      return c.body(null, 204)
    },
  )
  .post(
    '/password-resets',
    anyone(),
    describeRoute({
      summary: 'Send a mail to choose a new password',
      description:
        'The answer is the same whether the address has an account or not. The link works once, for an ' +
        'hour, and until there is a newer one.',
      tag: 'Sign-in',
      responses: { 202: acceptedPayload },
      errors: ['not_found'],
    }),
    validBody(resetRequestBody),
    limitFloods('reset'),
    async (c) => {
      c.set('hidesDuration', true)
      await requestPasswordReset(c.var.deps, c.req.valid('json'))
      return c.json(ACCEPTED, 202)
    },
  )
  .post(
    '/password-resets/confirm',
    anyone(),
    describeRoute({
      summary: 'Choose a new password',
      description:
        'By the token of a mail, or of an operator. Every session ends, a locked account is open again, ' +
        'and the address counts as verified. Sign in with the new password.',
      tag: 'Sign-in',
      responses: { 204: '' },
      errors: ['invalid_or_expired_code', 'weak_password'],
    }),
    validBody(resetBody),
    limitFloods('reset'),
    async (c) => {
      const { token, new_password: newPassword } = c.req.valid('json')
      const device = await resetPassword(c.var.deps, { token, newPassword })
      await setDeviceCookie(c, device)
      return c.body(null, 204)
    },
  )

import { Hono } from 'hono'
import * as z from 'zod/mini'
import { answerRegistration } from '../access/answer-tokens.ts'
import { anyone } from '../access/anyone.ts'
import { clearDeviceCookie, findDevice } from '../access/device-cookie.ts'
import { limitFloods } from '../access/limit-floods.ts'
import { requireUser } from '../access/require-user.ts'
import { clearSessionCookies } from '../access/session-cookies.ts'
import { assertTrustedOrigin } from '../access/trusted-origin.ts'
import type { AppEnv } from '../http/context.ts'
import { describeRoute } from '../http/describe-route.ts'
import { validBody, validQuery } from '../http/validate.ts'
import { ACCEPTED, acceptedPayload } from '../one-time-tokens/payloads.ts'
import { cookieSessionPayload, registeredPayload } from '../sessions/payloads.ts'
import { changeProfile } from './change-profile.ts'
import { deleteAccount } from './delete-account.ts'
import type { AccountFields } from './feature.ts'
import {
  accountDeletionBody,
  profileBody,
  registerBody,
  registerQuery,
  toAccountFields,
  toUserPayload,
  toUserWithRolePayload,
  userPayload,
  userWithRolePayload,
} from './payloads.ts'
import { registerUser } from './register.ts'
import { usernameErrors } from './taken-error.ts'

/** Registering, in a deployment where everybody may. */
export function registrationRoutes<F extends AccountFields>(fields: F) {
  return new Hono<AppEnv>().post(
    '/users',
    anyone(),
    describeRoute({
      summary: 'Register',
      description:
        'Creates an account. With `sign_in=true` it also signs in, and answers as `POST /login` does ' +
        'with the new user beside the tokens. 202 where `REGISTRATION_PRIVACY=strict`, alike for new and ' +
        'known addresses: a mail to the address says which it is.',
      tag: 'Sign-in',
      responses: {
        201: z.union([userPayload, registeredPayload, cookieSessionPayload]),
        202: acceptedPayload,
      },
      errors: ['email_taken', ...usernameErrors(fields), 'weak_password'],
    }),
    validQuery(registerQuery),
    validBody(registerBody(fields)),
    limitFloods('register'),
    async (c) => {
      const { sign_in, use_cookies } = c.req.valid('query')
      const { email, password, ...body } = c.req.valid('json')
      const useCookies = use_cookies === 'true'
      // Login CSRF: a foreign page must not sign its visitor in to another account.
      if (useCookies) assertTrustedOrigin(c)
      const signIn = sign_in === 'true' ? { forCookie: useCookies } : null
      const registration = { email, password, ...toAccountFields(body), signIn }
      if (c.var.deps.config.registrationPrivacy === 'strict') c.set('hidesDuration', true)
      const registered = await registerUser(c.var.deps, registration)
      if (registered.isAccepted) return c.json(ACCEPTED, 202)
      const { user, signedIn } = registered
      c.set('userId', user.id)
      c.header('Location', `/users/${user.id}`)
      if (!signedIn) return c.json(toUserPayload(user, c.var.deps.config), 201)
      return await answerRegistration(c, signedIn.pair, { useCookies, device: signedIn.device })
    },
  )
}

/** Changing one's profile. */
export function profileRoutes<F extends AccountFields>(fields: F) {
  return new Hono<AppEnv>().patch(
    '/users/me',
    requireUser(),
    describeRoute({
      summary: 'Change your profile',
      description: 'All of it or, with an error, nothing.',
      tag: 'Your account',
      responses: { 200: userPayload },
      errors: usernameErrors(fields),
    }),
    validBody(profileBody(fields)),
    async (c) => {
      const { user_metadata: userMetadata, ...body } = c.req.valid('json')
      const change = { ...toAccountFields(body), ...(userMetadata && { userMetadata }) }
      const own = { id: c.var.user.id, sessionId: c.var.sessionId }
      const user = await changeProfile(c.var.deps, { ...own, ...change })
      return c.json(toUserPayload(user, c.var.deps.config), 200)
    },
  )
}

/** A person's own account. */
export const accountRoutes = new Hono<AppEnv>()
  .get(
    '/users/me',
    requireUser(),
    describeRoute({
      summary: 'The signed-in user',
      tag: 'Your account',
      responses: { 200: userPayload },
    }),
    (c) => c.json(toUserPayload(c.var.user, c.var.deps.config), 200),
  )
  .delete(
    '/users/me',
    requireUser(),
    describeRoute({
      summary: 'Delete your account',
      description: 'With everything that belongs to it. It can not be undone.',
      tag: 'Your account',
      responses: { 204: '' },
      errors: ['wrong_password', 'last_admin'],
    }),
    validBody(accountDeletionBody),
    limitFloods('confirm'),
    async (c) => {
      const { deps, user, sessionId } = c.var
      const { password } = c.req.valid('json')
      const device = await findDevice(c)
      await deleteAccount(deps, { user, sessionId, password })
      clearSessionCookies(c)
      clearDeviceCookie(c, device, user.id)
      return c.body(null, 204)
    },
  )
  .get(
    '/auth/me',
    requireUser(),
    describeRoute({
      summary: 'The signed-in user, with one role',
      description: 'What existing LumaScope frontends call. Prefer `/users/me`.',
      tag: 'Your account',
      responses: { 200: userWithRolePayload },
    }),
    (c) => c.json(toUserWithRolePayload(c.var.user, c.var.deps.config), 200),
  )

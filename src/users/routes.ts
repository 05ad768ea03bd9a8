import { Hono } from 'hono'
import { anyone } from '../access/anyone.ts'
import { clearDeviceCookie, findDevice } from '../access/device-cookie.ts'
import { limitFloods } from '../access/limit-floods.ts'
import { requireUser } from '../access/require-user.ts'
import { clearSessionCookies } from '../access/session-cookies.ts'
import type { AppEnv } from '../http/context.ts'
import { describeRoute } from '../http/describe-route.ts'
import { validBody } from '../http/validate.ts'
import { changeProfile } from './change-profile.ts'
import { deleteAccount } from './delete-account.ts'
import {
  accountDeletionBody,
  profileBody,
  registerBody,
  toUserPayload,
  toUserWithRolePayload,
  userPayload,
  userWithRolePayload,
} from './payloads.ts'
import { registerUser } from './register.ts'

export const userRoutes = new Hono<AppEnv>()
  .post(
    '/users',
    anyone(),
    describeRoute({
      summary: 'Register',
      description: 'Creates an account. It does not sign in.',
      tag: 'Sign-in',
      responses: { 201: userPayload },
      errors: ['email_taken', 'username_taken', 'weak_password'],
    }),
    validBody(registerBody),
    limitFloods('register'),
    async (c) => {
      const { full_name, ...account } = c.req.valid('json')
      const user = await registerUser(c.var.deps, { ...account, fullName: full_name })
      c.set('userId', user.id)
      c.header('Location', `/users/${user.id}`)
      return c.json(toUserPayload(user), 201)
    },
  )
  .get(
    '/users/me',
    requireUser(),
    describeRoute({
      summary: 'The signed-in user',
      tag: 'Your account',
      responses: { 200: userPayload },
    }),
    (c) => c.json(toUserPayload(c.var.user), 200),
  )
  .patch(
    '/users/me',
    requireUser({ limit: 'limitProfileAccount' }),
    describeRoute({
      summary: 'Change your profile',
      tag: 'Your account',
      responses: { 200: userPayload },
      errors: ['username_taken'],
    }),
    validBody(profileBody),
    async (c) => {
      const { username, full_name: fullName } = c.req.valid('json')
      const change = { ...(username && { username }), ...(fullName && { fullName }) }
      return c.json(
        toUserPayload(
          await changeProfile(c.var.deps, { id: c.var.user.id, sessionId: c.var.sessionId, ...change }),
        ),
        200,
      )
    },
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
    (c) => c.json(toUserWithRolePayload(c.var.user), 200),
  )

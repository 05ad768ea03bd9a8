import { Hono } from 'hono'
import type { AppEnv } from '../http/context.ts'
import { describe } from '../http/describe.ts'
import { requireUser } from '../http/require-user.ts'
import { validBody } from '../http/validate.ts'
import {
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
    describe({
      summary: 'Register',
      description: 'Creates an account. It does not sign in.',
      tag: 'Users',
      access: 'public',
      responses: { 201: userPayload },
      errors: ['email_taken', 'username_taken'],
    }),
    validBody(registerBody),
    async (c) => {
      const { full_name, ...account } = c.req.valid('json')
      const user = await registerUser(c.var.deps, { ...account, fullName: full_name })
      c.header('Location', `/users/${user.id}`)
      return c.json(toUserPayload(user), 201)
    },
  )
  .get(
    '/users/me',
    describe({
      summary: 'The signed-in user',
      tag: 'Users',
      access: 'user',
      responses: { 200: userPayload },
    }),
    requireUser(),
    (c) => c.json(toUserPayload(c.var.user), 200),
  )
  .get(
    '/auth/me',
    describe({
      summary: 'The signed-in user, with one role',
      description: 'What existing LumaScope frontends call. Prefer `/users/me`.',
      tag: 'Users',
      access: 'user',
      responses: { 200: userWithRolePayload },
    }),
    requireUser(),
    (c) => c.json(toUserWithRolePayload(c.var.user), 200),
  )

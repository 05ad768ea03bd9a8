import { Hono } from 'hono'
import type { AppEnv } from '../http/context.ts'
import { describe } from '../http/describe.ts'
import { validBody } from '../http/validate.ts'
import { loginBody, tokenPayload, toTokenPayload } from './payloads.ts'
import { signIn } from './sign-in.ts'

/** Served at the root and, for existing frontends, under `/auth`. */
export const sessionRoutes = new Hono<AppEnv>().post(
  '/login',
  describe({
    summary: 'Sign in',
    description: 'Takes an email address or a username, as a form or as JSON.',
    tag: 'Sessions',
    access: 'public',
    responses: { 200: tokenPayload },
    errors: ['invalid_credentials'],
  }),
  validBody(loginBody, ['form', 'json']),
  async (c) => {
    const { email, username, password } = c.req.valid('json')
    const identifier = email ?? username ?? ''
    const token = await signIn(c.var.deps, { identifier, password })
    // For caches that know HTTP/1.0 only (RFC 6749 section 5.1).
    c.header('Pragma', 'no-cache')
    return c.json(toTokenPayload(token), 200)
  },
)

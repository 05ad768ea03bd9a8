import { Hono } from 'hono'
import { requirePermission } from '../access/require-permission.ts'
import { MAX_INTEGER } from '../db/integer.ts'
import { AppError } from '../errors.ts'
import type { AppEnv } from '../http/context.ts'
import { describeRoute } from '../http/describe-route.ts'
import { validBody, validQuery } from '../http/validate.ts'
import { ACCEPTED, acceptedPayload } from '../one-time-tokens/payloads.ts'
import type { AccountFields } from '../users/feature.ts'
import { usernameErrors } from '../users/taken-error.ts'
import { assignRoles } from './assign-roles.ts'
import { changeUser } from './change-user.ts'
import { createUser } from './create-user.ts'
import { deleteUser } from './delete-user.ts'
import { endUserSessions } from './end-user-sessions.ts'
import { findUser, findUserSessions } from './find-user.ts'
import { listUsers } from './list-users.ts'
import {
  accountBody,
  adminUserPayload,
  noQuery,
  rolesBody,
  sessionListPayload,
  toAccountFields,
  toAdminUserPayload,
  toMember,
  toSessionListPayload,
  toUserListPayload,
  toUserPayload,
  userChangeBody,
  userListPayload,
  userPayload,
  usersQuery,
} from './payloads.ts'
import { sendPasswordReset } from './send-reset.ts'

const tag = 'Administration'

function toUserId(digits: string): number {
  const id = Number(digits)
  if (id > MAX_INTEGER) throw new AppError('not_found')
  return id
}

/** Creating accounts, in a deployment where nobody registers. */
export function creationRoutes<F extends AccountFields>(fields: F) {
  return new Hono<AppEnv>().post(
    '/users',
    requirePermission('users:write', { withoutToken: 'registration_closed' }),
    describeRoute({
      summary: 'Create an account',
      description:
        'Registration is closed here: administrators create accounts, without a password. A mail invites ' +
        'the owner to set one; until then nobody can sign in.',
      tag,
      responses: { 201: userPayload },
      errors: ['registration_closed', 'email_taken', ...usernameErrors(fields)],
    }),
    validQuery(noQuery),
    validBody(accountBody(fields)),
    async (c) => {
      const { email, ...body } = c.req.valid('json')
      const user = await createUser(c.var.deps, { actor: c.var.actor, email, ...toAccountFields(body) })
      c.header('Location', `/users/${user.id}`)
      return c.json(toUserPayload(user, c.var.deps.config), 201)
    },
  )
}

/** Changing other people's accounts. */
export function userChangeRoutes<F extends AccountFields>(fields: F) {
  return new Hono<AppEnv>().patch(
    '/users/:id{[1-9][0-9]*}',
    requirePermission('users:write'),
    describeRoute({
      summary: 'Change, disable or enable an account',
      description:
        'Disabling ends every session at once. `"status": "active"` also opens an account that a hundred ' +
        'wrong passwords locked.',
      tag,
      responses: { 200: adminUserPayload },
      errors: ['not_found', ...usernameErrors(fields), 'last_admin'],
    }),
    validBody(userChangeBody(fields)),
    async (c) => {
      const {
        status,
        disabled_reason: disabledReason,
        app_metadata: appMetadata,
        ...body
      } = c.req.valid('json')
      const change = {
        ...toAccountFields(body),
        ...(appMetadata && { appMetadata }),
        ...(status !== undefined && { status }),
        ...(disabledReason !== undefined && { disabledReason }),
      }
      const act = { actor: c.var.actor, userId: toUserId(c.req.param('id')) }
      const user = await changeUser(c.var.deps, { ...act, ...change })
      return c.json(toAdminUserPayload(user, c.var.deps.config), 200)
    },
  )
}

/** Lists of accounts. */
export function listRoutes(fields: AccountFields) {
  return new Hono<AppEnv>().get(
    '/users',
    requirePermission('users:read'),
    describeRoute({
      summary: 'List and search accounts',
      description:
        'By id, or what a search finds in alphabetical order. A page can have fewer items than `limit` and ' +
        'not be the last. `app_metadata.plan=pro` finds the accounts whose metadata says so, and so any ' +
        'other member of `app_metadata`. Reading it is recorded as an event.',
      tag,
      responses: { 200: userListPayload },
    }),
    validQuery(usersQuery(fields)),
    async (c) => {
      const { query = null, role = null, status = null, cursor, limit, ...more } = c.req.valid('query')
      const filter = { query, role, status, metadata: toMember(more) }
      const asked = { actor: c.var.actor, ...filter, cursor, limit: Number(limit) }
      const page = await listUsers(c.var.deps, asked)
      return c.json(toUserListPayload(page, c.var.deps.config), 200)
    },
  )
}

/** Other people's accounts. */
export const administrationRoutes = new Hono<AppEnv>()
  .get(
    '/users/:id{[1-9][0-9]*}',
    requirePermission('users:read'),
    describeRoute({
      summary: 'Read an account',
      description: 'Reading it is recorded as an event.',
      tag,
      responses: { 200: adminUserPayload },
      errors: ['not_found'],
    }),
    async (c) => {
      const about = { actor: c.var.actor, userId: toUserId(c.req.param('id')) }
      const user = await findUser(c.var.deps, about)
      return c.json(toAdminUserPayload(user, c.var.deps.config), 200)
    },
  )
  .delete(
    '/users/:id{[1-9][0-9]*}',
    requirePermission('users:delete'),
    describeRoute({
      summary: 'Delete an account',
      description: 'With everything that belongs to it. It can not be undone.',
      tag,
      responses: { 204: '' },
      errors: ['not_found', 'last_admin'],
    }),
    async (c) => {
      await deleteUser(c.var.deps, { actor: c.var.actor, userId: toUserId(c.req.param('id')) })
      return c.body(null, 204)
    },
  )
  .put(
    '/users/:id{[1-9][0-9]*}/roles',
    requirePermission('roles:assign'),
    describeRoute({
      summary: 'Set the roles of an account',
      description: 'You can give and take only permissions that you hold yourself.',
      tag,
      responses: { 200: adminUserPayload },
      errors: ['not_found', 'last_admin'],
    }),
    validBody(rolesBody),
    async (c) => {
      const { roles } = c.req.valid('json')
      const act = { actor: c.var.actor, userId: toUserId(c.req.param('id')) }
      const user = await assignRoles(c.var.deps, { ...act, roles })
      return c.json(toAdminUserPayload(user, c.var.deps.config), 200)
    },
  )
  .get(
    '/users/:id{[1-9][0-9]*}/sessions',
    requirePermission('sessions:revoke'),
    describeRoute({
      summary: 'Where somebody is signed in',
      description: 'Refused if the other user may do more than you. Reading it is recorded as an event.',
      tag,
      responses: { 200: sessionListPayload },
      errors: ['not_found'],
    }),
    async (c) => {
      const about = { actor: c.var.actor, userId: toUserId(c.req.param('id')) }
      const sessions = await findUserSessions(c.var.deps, about)
      return c.json(toSessionListPayload(sessions, c.var.sessionId), 200)
    },
  )
  .delete(
    '/users/:id{[1-9][0-9]*}/sessions',
    requirePermission('sessions:revoke'),
    describeRoute({
      summary: 'Sign somebody out everywhere',
      tag,
      responses: { 204: '' },
      errors: ['not_found'],
    }),
    async (c) => {
      await endUserSessions(c.var.deps, { actor: c.var.actor, userId: toUserId(c.req.param('id')) })
      return c.body(null, 204)
    },
  )
  .post(
    '/users/:id{[1-9][0-9]*}/password-reset',
    requirePermission('users:write'),
    describeRoute({
      summary: 'Send somebody a mail to choose a new password',
      description: 'An account that never had a password gets its invitation again. You do not see the link.',
      tag,
      responses: { 202: acceptedPayload },
      errors: ['not_found'],
    }),
    async (c) => {
      await sendPasswordReset(c.var.deps, { actor: c.var.actor, userId: toUserId(c.req.param('id')) })
      return c.json(ACCEPTED, 202)
    },
  )

import { Hono } from 'hono'
import { requirePermission } from '../access/require-permission.ts'
import { requireUser } from '../access/require-user.ts'
import type { AppEnv } from '../http/context.ts'
import { describeRoute } from '../http/describe-route.ts'
import { validQuery } from '../http/validate.ts'
import { listEvents, listOwnEvents } from './list-events.ts'
import {
  auditEventListPayload,
  eventsQuery,
  ownEventListPayload,
  ownEventsQuery,
  toAuditEventListPayload,
  toOwnEventListPayload,
} from './payloads.ts'

export const auditRoutes = new Hono<AppEnv>()
  .get(
    '/users/me/events',
    requireUser(),
    describeRoute({
      summary: 'What happened to your account',
      description: 'The newest first.',
      tag: 'Your account',
      responses: { 200: ownEventListPayload },
    }),
    validQuery(ownEventsQuery),
    async (c) => {
      const { cursor, limit } = c.req.valid('query')
      const page = { userId: c.var.user.id, cursor, limit: Number(limit) }
      return c.json(toOwnEventListPayload(await listOwnEvents(c.var.deps, page)), 200)
    },
  )
  .get(
    '/audit-events',
    requirePermission('audit:read'),
    describeRoute({
      summary: 'What happened to all accounts',
      description:
        'The newest first. `since` is inclusive, `until` exclusive. Address, browser and session are left ' +
        'out if the one who acted may do more than you. Reading it is recorded as an event.',
      tag: 'Administration',
      responses: { 200: auditEventListPayload },
    }),
    validQuery(eventsQuery),
    async (c) => {
      const { type, user_id, actor_id, since, until, cursor, limit } = c.req.valid('query')
      const filter = {
        ...(type && { type }),
        ...(user_id && { userId: Number(user_id) }),
        ...(actor_id && { actorId: Number(actor_id) }),
        ...(since && { since: new Date(since) }),
        ...(until && { until: new Date(until) }),
      }
      const asked = { actor: c.var.actor, cursor, limit: Number(limit) }
      const page = await listEvents(c.var.deps, { ...filter, ...asked })
      return c.json(toAuditEventListPayload(page), 200)
    },
  )

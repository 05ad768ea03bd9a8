import { Hono } from 'hono'
import type { AppEnv } from '../http/context.ts'
import { describe } from '../http/describe.ts'
import { requireUser } from '../http/require-user.ts'
import { validQuery } from '../http/validate.ts'
import { listOwnEvents } from './list-own-events.ts'
import { eventListPayload, eventsQuery, toEventListPayload } from './payloads.ts'

export const auditRoutes = new Hono<AppEnv>().get(
  '/users/me/events',
  describe({
    summary: 'What happened to your account',
    description: 'The newest first.',
    tag: 'Users',
    access: 'user',
    responses: { 200: eventListPayload },
  }),
  requireUser(),
  validQuery(eventsQuery),
  async (c) => {
    const { cursor, limit } = c.req.valid('query')
    const range = { before: cursor === undefined ? null : Number(cursor), limit: Number(limit) }
    return c.json(
      toEventListPayload(await listOwnEvents(c.var.deps, { userId: c.var.user.id, ...range })),
      200,
    )
  },
)

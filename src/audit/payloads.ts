import * as z from 'zod/mini'
import { EVENTS, type EventType } from '../features.ts'
import { nextCursor, pageParameters, userIdParameter } from '../http/schemas.ts'
import type { SecurityEvent } from './list-events.sql.ts'
import type { EventPage } from './list-events.ts'

/** `GET /users/me/events` */
export const ownEventsQuery = z.strictObject(pageParameters)

const eventType = z
  .enum(Object.keys(EVENTS) as [EventType, ...EventType[]], { error: 'is not a type of event' })
  .check(z.meta({ description: meaningsText() }))

const eventFields = {
  id: z.int(),
  occurred_at: z.iso.datetime(),
  type: eventType,
  session_id: z.nullable(z.uuid()),
  ip_address: z.nullable(z.string()),
  user_agent: z.nullable(z.string()),
  details: z.record(z.string(), z.unknown()),
}

const ownEventPayload = z
  .object({
    ...eventFields,
    by_administrator: z.boolean().check(
      z.meta({
        description: 'Whether somebody else did it; then address, browser and session are left out.',
      }),
    ),
  })
  .check(z.meta({ id: 'SecurityEvent' }))

/** `GET /users/me/events` */
export const ownEventListPayload = z
  .object({ items: z.array(ownEventPayload), next_cursor: nextCursor })
  .check(z.meta({ id: 'SecurityEventList' }))

/**
 * The types that operators record too, without an actor. A set of strings, since a row can have the type of a
 * feature that was removed.
 */
const BY_OPERATORS: ReadonlySet<string> = new Set(
  Object.entries(EVENTS).flatMap(([type, { byOperators }]) => (byOperators ? [type] : [])),
)

/** A user's own events. If an administrator acted, their address, browser and session are left out. */
export function toOwnEventListPayload({
  events,
  nextCursor,
}: EventPage): z.infer<typeof ownEventListPayload> {
  return {
    items: events.map((event) => {
      const isForeign = event.actorId === null ? BY_OPERATORS.has(event.type) : event.actorId !== event.userId
      const origin = { session_id: null, ip_address: null, user_agent: null }
      return { ...toEventFields(event), ...(isForeign && origin), by_administrator: isForeign }
    }),
    next_cursor: nextCursor,
  }
}

/** JavaScript and PostgreSQL both write these times with a year of four digits. */
const instant = z.optional(
  z.iso.datetime({ offset: true, error: 'is not a time like 2026-11-24T12:00:00Z', abort: true }).check(
    z.refine((text) => Date.parse(text) >= 0 && Date.parse(text) < Date.UTC(9999, 0), {
      error: 'is not a time between 1970 and 9999',
    }),
  ),
)

/** `GET /audit-events` */
export const eventsQuery = z.strictObject({
  type: z.optional(eventType),
  user_id: userIdParameter,
  actor_id: userIdParameter,
  since: instant,
  until: instant,
  ...pageParameters,
})

const auditEventPayload = z
  .object({
    ...eventFields,
    user_id: z.nullable(z.int()).check(z.meta({ description: 'Whom it is about.' })),
    actor_id: z
      .nullable(z.int())
      .check(z.meta({ description: 'Who did it; null: nobody who was signed in.' })),
  })
  .check(z.meta({ id: 'AuditEvent' }))

/** `GET /audit-events` */
export const auditEventListPayload = z
  .object({ items: z.array(auditEventPayload), next_cursor: nextCursor })
  .check(z.meta({ id: 'AuditEventList' }))

export function toAuditEventListPayload({
  events,
  nextCursor,
}: EventPage): z.infer<typeof auditEventListPayload> {
  return {
    items: events.map((event) => ({
      ...toEventFields(event),
      user_id: event.userId,
      actor_id: event.actorId,
    })),
    next_cursor: nextCursor,
  }
}

function toEventFields(event: SecurityEvent) {
  return {
    id: event.id,
    occurred_at: event.occurredAt.toISOString(),
    type: event.type,
    session_id: event.sessionId,
    ip_address: event.ipAddress,
    user_agent: event.userAgent,
    details: event.details,
  }
}

function meaningsText(): string {
  return Object.entries(EVENTS)
    .map(([type, { meaning }]) => `\`${type}\`: ${meaning}`)
    .join(' ')
}

import * as z from 'zod/mini'
import { nextCursor, pageParameters, userIdParameter } from '../http/schemas.ts'
import type { EventType } from '../sql/events.ts'
import type { SecurityEvent } from './list-events.sql.ts'
import type { EventPage } from './list-events.ts'

/** `GET /users/me/events` */
export const ownEventsQuery = z.strictObject(pageParameters)

/** What each type of event says; every one that can be on record is here. */
const MEANINGS: Record<EventType, string> = {
  registered: 'The account was created.',
  signed_in: 'Somebody signed in with the password.',
  sign_in_failed: 'Somebody tried to.',
  password_confirmation_failed: 'Somebody who was signed in gave a wrong password.',
  limited: 'Attempts at the password were refused, as there were too many.',
  refresh_token_replayed: 'A used refresh token came back, so its session was ended.',
  signed_out: 'A session was signed out.',
  session_ended: 'Sessions were ended from elsewhere, or as there were too many.',
  password_changed: 'The password was changed.',
  profile_changed: 'The members named in `details` were changed.',
  account_deleted: 'The account was deleted.',
  account_disabled: 'The account was disabled, or the reason for it changed.',
  account_enabled: 'The account was enabled.',
  account_unlocked:
    'Wrong passwords were forgotten, a hundred of which had locked the account or would have.',
  roles_changed: 'The roles named in `details` were given and taken away.',
  role_changed: 'The role named in `details` was created or changed.',
  role_deleted: 'The role named in `details` was deleted.',
  hash_upgraded: 'The stored password hash was made stronger.',
  guessing_suspected: 'More sign-ins failed in an hour, over all accounts, than is usual.',
  access_denied:
    'What `details` names was refused to the account: a permission was missing, the other account may do ' +
    'more, or a foreign page sent it. Once an hour for each.',
  personal_data_read:
    'An administrator read what `details` names of the account, or of all accounts. Once an hour for each.',
}

const eventType = z
  .enum(Object.keys(MEANINGS) as [EventType, ...EventType[]], { error: 'is not a type of event' })
  .check(z.meta({ description: meaningsText() }))

const eventMembers = {
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
    ...eventMembers,
    by_administrator: z.boolean().check(
      z.meta({
        description: 'Whether somebody else did it; from where and by which session is then not told.',
      }),
    ),
  })
  .check(z.meta({ id: 'SecurityEvent' }))

/** `GET /users/me/events` */
export const ownEventListPayload = z
  .object({ items: z.array(ownEventPayload), next_cursor: nextCursor })
  .check(z.meta({ id: 'SecurityEventList' }))

/** What, without anybody who was signed in, whoever runs the service did. */
const BY_OPERATORS: ReadonlySet<EventType> = new Set(['roles_changed', 'account_enabled', 'account_unlocked'])

/** What people are shown of their own events: nothing that belongs to the administrator who acted. */
export function toOwnEventListPayload({
  events,
  nextCursor,
}: EventPage): z.infer<typeof ownEventListPayload> {
  return {
    items: events.map((event) => {
      const isForeign = event.actorId === null ? BY_OPERATORS.has(event.type) : event.actorId !== event.userId
      const origin = { session_id: null, ip_address: null, user_agent: null }
      return { ...toEventMembers(event), ...(isForeign && origin), by_administrator: isForeign }
    }),
    next_cursor: nextCursor,
  }
}

/** What both JavaScript and PostgreSQL write with a year of four digits. */
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
    ...eventMembers,
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
      ...toEventMembers(event),
      user_id: event.userId,
      actor_id: event.actorId,
    })),
    next_cursor: nextCursor,
  }
}

function toEventMembers(event: SecurityEvent) {
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
  return Object.entries(MEANINGS)
    .map(([type, meaning]) => `\`${type}\`: ${meaning}`)
    .join(' ')
}

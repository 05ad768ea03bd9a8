import * as z from 'zod/mini'
import type { EventType } from '../db/audit-event.ts'
import type { EventPage } from './list-own-events.ts'

const DEFAULT_LIMIT = 25

/** `GET /users/me/events` */
export const eventsQuery = z.strictObject({
  cursor: z.optional(
    z
      .string()
      .check(
        z.regex(/^[1-9]\d{0,14}$/, { error: 'is not a cursor of this list' }),
        z.meta({ description: '`next_cursor` of the page before.' }),
      ),
  ),
  limit: z.prefault(
    z
      .string()
      .check(
        z.regex(/^([1-9]\d?|100)$/, { error: 'must be from 1 to 100' }),
        z.meta({ description: 'How many at most, 1 to 100.' }),
      ),
    String(DEFAULT_LIMIT),
  ),
})

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
  hash_upgraded: 'The stored password hash was made stronger.',
}

const eventPayload = z
  .object({
    id: z.int(),
    occurred_at: z.iso.datetime(),
    type: z
      .enum(Object.keys(MEANINGS) as [EventType, ...EventType[]])
      .check(z.meta({ description: meaningsText() })),
    session_id: z.nullable(z.uuid()),
    ip_address: z.nullable(z.string()),
    user_agent: z.nullable(z.string()),
    details: z.record(z.string(), z.unknown()),
  })
  .check(z.meta({ id: 'SecurityEvent' }))

/** `GET /users/me/events` */
export const eventListPayload = z
  .object({
    items: z.array(eventPayload),
    next_cursor: z.nullable(z.string()).check(z.meta({ description: 'Null after the last page.' })),
  })
  .check(z.meta({ id: 'SecurityEventList' }))

export function toEventListPayload({ events, nextBefore }: EventPage): z.infer<typeof eventListPayload> {
  return {
    items: events.map((event) => ({
      id: event.id,
      occurred_at: event.occurredAt.toISOString(),
      type: event.type,
      session_id: event.sessionId,
      ip_address: event.ipAddress,
      user_agent: event.userAgent,
      details: event.details,
    })),
    next_cursor: nextBefore === null ? null : String(nextBefore),
  }
}

function meaningsText(): string {
  return Object.entries(MEANINGS)
    .map(([type, meaning]) => `\`${type}\`: ${meaning}`)
    .join(' ')
}

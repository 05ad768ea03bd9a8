import { type SQL, sql } from 'drizzle-orm'
import { time } from './time.ts'

/** Where a request comes from, as far as the platform knows. */
export type Client = {
  /** An IPv4 or IPv6 address in its canonical spelling. */
  address: string | null
  /** Whom limits count an address for: an IPv4 address, or the /64 of an IPv6 one; `unknown` for all others. */
  network: string
  /** The networks around that, the widest last, each with how many times its budget they share. None for IPv4. */
  widerNetworks: readonly { network: string; share: number }[]
  /** The widest of all these: whom turns go round by, where networks queue. */
  site: string
  /** At most 256 characters. */
  userAgent: string | null
}

/** Every kind of security event. */
export const EVENT_TYPES = [
  'registered',
  'signed_in',
  'sign_in_failed',
  'password_confirmation_failed',
  'limited',
  'refresh_token_replayed',
  'signed_out',
  'session_ended',
  'password_changed',
  'profile_changed',
  'account_deleted',
  'account_disabled',
  'account_enabled',
  'account_unlocked',
  'roles_changed',
  'role_changed',
  'role_deleted',
  'hash_upgraded',
  'guessing_suspected',
  'access_denied',
  'personal_data_read',
] as const

export type EventType = (typeof EVENT_TYPES)[number]

/** One event of a statement, for every row of what it happened to. */
export type EventSource = {
  type: EventType
  /** Where the rows are: `from …`, with a `where` where it takes one. */
  from: SQL
  /** Columns or parameters of those rows; null where absent. */
  userId?: SQL
  actorId?: SQL
  sessionId?: SQL
  /** An expression of type jsonb. */
  details?: SQL
}

/**
 * The insert that puts events on record, for a CTE of the statement that does what they say: there is no event
 * without its act and no act without its event.
 */
export function recordEvents(
  { client, now }: { client: Client; now: Date },
  events: readonly EventSource[],
): SQL {
  const rows = events.map(
    ({ type, from, userId, actorId, sessionId, details }) => sql`
      select ${time(now)}, ${type}::text, ${userId ?? sql`null`}::integer, ${actorId ?? sql`null`}::integer,
        ${sessionId ?? sql`null`}::uuid, ${client.address}::text, ${client.userAgent}::text,
        ${details ?? sql`'{}'`}::jsonb
      ${from}`,
  )
  return sql`
    insert into audit_events
      (occurred_at, type, user_id, actor_id, session_id, ip_address, user_agent, details)
    ${sql.join(rows, sql` union all `)}`
}

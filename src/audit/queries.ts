import { type SQL, sql } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import type { EventType } from '../features.ts'
import type { Client } from '../net/client-address.ts'
import { decideAboutReading, mayDoMore, type Reading, type Refusal } from '../sql/authority.ts'
import { type OnceBudget, recordOnce } from '../sql/record-once.ts'
import { fromLiveSession, type OwnSession } from '../sql/sessions.ts'
import { time } from '../sql/time.ts'

export type SecurityEvent = {
  id: number
  occurredAt: Date
  type: EventType
  userId: number | null
  actorId: number | null
  sessionId: string | null
  ipAddress: string | null
  userAgent: string | null
  details: Record<string, unknown>
}

type SecurityEventRow = Omit<SecurityEvent, 'id' | 'occurredAt'> & { id: string; occurredAt: string }

/** Which events; what is absent is not asked about. Each has an index, in the order of the list. */
export type EventFilter = {
  type?: EventType
  userId?: number
  actorId?: number
  /** Included. */
  since?: Date
  /** Not included. */
  until?: Date
}

/** Where a page ends. */
export type EventPosition = Pick<SecurityEvent, 'occurredAt' | 'id'>

type Page = EventFilter & { after: EventPosition | null; limit: number }

/** The columns of a `SecurityEventRow`, of rows that are called `page`. */
const EVENT_COLUMNS = sql`page.id, page.occurred_at as "occurredAt", page.type, page.user_id as "userId",
  page.actor_id as "actorId", page.session_id as "sessionId", page.ip_address as "ipAddress",
  page.user_agent as "userAgent", page.details`

/** One page, the newest first. */
function pageOfEvents({ type, userId, actorId, since, until, after, limit }: Page): SQL {
  const conditions = [
    type !== undefined && sql`type = ${type}`,
    userId !== undefined && sql`user_id = ${userId}`,
    actorId !== undefined && sql`actor_id = ${actorId}`,
    since && sql`occurred_at >= ${time(since)}`,
    until && sql`occurred_at < ${time(until)}`,
    after && sql`(occurred_at, id) < (${time(after.occurredAt)}, ${after.id}::bigint)`,
  ].filter((condition) => condition !== false && condition !== undefined && condition !== null)
  return sql`
    select * from audit_events where ${sql.join([sql`true`, ...conditions], sql` and `)}
    order by occurred_at desc, id desc limit ${limit}`
}

function toSecurityEvent(row: SecurityEventRow): SecurityEvent {
  return { ...row, id: Number(row.id), occurredAt: new Date(row.occurredAt) }
}

/** The events of one person, the newest first. */
export async function listOwnEvents(db: Database, page: Page & { userId: number }): Promise<SecurityEvent[]> {
  const { rows } = await db.execute<SecurityEventRow>(sql`
    select ${EVENT_COLUMNS} from (${pageOfEvents(page)}) as page
    order by page.occurred_at desc, page.id desc`)
  return rows.map(toSecurityEvent)
}

/**
 * Events of everybody, the newest first, and that they were read. Where somebody acted from (address, browser, session)
 * is left out if they may do more than the reader, as in the list of their sessions; of what nobody who was signed in
 * did, if the account may that it was done to.
 */
export async function listEvents(
  { db, client }: { db: Database; client: Client },
  { reading, ...page }: Page & { reading: Omit<Reading, 'data'> },
): Promise<SecurityEvent[] | Refusal> {
  const { rows } = await db.execute<SecurityEventRow & { outcome: 'done' | Refusal; isHidden: boolean }>(sql`
    with ${decideAboutReading(client, { ...reading, data: 'events' })}, page as (${pageOfEvents(page)})
    select decision.outcome, ${EVENT_COLUMNS},
      ${mayDoMore(sql`coalesce(page.actor_id, page.user_id)`)} as "isHidden"
    from actor, decision left join page on decision.outcome = 'done'
    order by page.occurred_at desc, page.id desc`)
  const [row] = rows
  if (!row) return 'ended'
  if (row.outcome !== 'done') return row.outcome
  const nowhere = { sessionId: null, ipAddress: null, userAgent: null }
  return rows
    .filter(({ id }) => id !== null)
    .map(({ outcome: _, isHidden, ...event }) => toSecurityEvent({ ...event, ...(isHidden && nowhere) }))
}

type DenialRow = OwnSession & { details: Record<string, string>; budget: OnceBudget }

/** Records a refusal to the user of a live session, unless it was recorded lately. */
export async function insertDenial(
  { db, client }: { db: Database; client: Client },
  { details, budget, ...session }: DenialRow,
): Promise<void> {
  const { now, sessionId } = session
  const userId = sql`refused.user_id`
  await db.execute(sql`
    with refused as (
      select u.id as user_id ${fromLiveSession(session)}
    ), ${recordOnce(
      { client, now },
      {
        ...{ type: 'access_denied', budget, from: sql`from refused`, userId, actorId: userId },
        ...{ sessionId: sql`${sessionId}`, details: sql`${JSON.stringify(details)}::jsonb` },
      },
    )}
    select count(*) from noted`)
}

import type { SQL } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import { run } from '../db/run.ts'
import type { EventType } from '../features.ts'
import type { Client } from '../net/client-address.ts'
import {
  decideAboutReading,
  isDone,
  mayDoMore,
  outcome,
  type Reading,
  type Refusal,
} from '../sql/authority.ts'
import { columnsOf, nullable, statement } from '../sql/parts.ts'
import { join, sql } from '../sql/template.ts'
import { time } from '../sql/time.ts'
import { auditEvents } from './schema.ts'

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

/** Conditions of events; each has an index, in the order of the list. Absent: no condition. */
export type EventFilter = {
  type?: EventType
  userId?: number
  actorId?: number
  /** Inclusive. */
  since?: Date
  /** Exclusive. */
  until?: Date
}

/** The last event of a page. */
export type EventPosition = Pick<SecurityEvent, 'occurredAt' | 'id'>

type Page = EventFilter & { after: EventPosition | null; limit: number }

const e = columnsOf(auditEvents, 'e')
const page = columnsOf(auditEvents, 'page')

/** The fields of a `SecurityEvent`, from the part `page`. */
const EVENT_FIELDS = { ...page, type: sql<EventType>`${page.type}` }

const NEWEST_FIRST = sql`order by ${page.occurredAt} desc, ${page.id} desc`

/** The part `page`: one page of events with all of their columns, the newest first. */
function pageOfEvents({ type, userId, actorId, since, until, after, limit }: Page): SQL {
  const conditions = [
    type === undefined ? null : sql`${e.type} = ${type}`,
    userId === undefined ? null : sql`${e.userId} = ${userId}`,
    actorId === undefined ? null : sql`${e.actorId} = ${actorId}`,
    since === undefined ? null : sql`${e.occurredAt} >= ${time(since)}`,
    until === undefined ? null : sql`${e.occurredAt} < ${time(until)}`,
    after === null
      ? null
      : sql`(${e.occurredAt}, ${e.id}) < (${time(after.occurredAt)}, ${after.id}::bigint)`,
  ].filter((condition) => condition !== null)
  return sql`
    select e.* from ${auditEvents} e where ${join([sql`true`, ...conditions], ' and ')}
    order by ${e.occurredAt} desc, ${e.id} desc limit ${limit}`
}

/** Reads the events of one user, the newest first. */
export async function selectOwnEvents(
  db: Database,
  own: Page & { userId: number },
): Promise<SecurityEvent[]> {
  const answer = { fields: EVENT_FIELDS, from: sql`from page ${NEWEST_FIRST}` }
  return await run(db, statement({ page: pageOfEvents(own) }, answer))
}

const NOWHERE = { sessionId: null, ipAddress: null, userAgent: null }

/**
 * Reads events of all accounts, the newest first, and records that they were read. Address, browser and
 * session of an event are left out if its actor may do more than the reader, who can't see the actor's
 * sessions either; of an event without an actor, if the account that it is about may do more.
 */
export async function selectEvents(
  { db, client }: { db: Database; client: Client },
  { reading, ...asked }: Page & { reading: Omit<Reading, 'data'> },
): Promise<SecurityEvent[] | Refusal> {
  const listing = statement(
    {
      ...decideAboutReading(client, { ...reading, data: 'events' }),
      page: pageOfEvents(asked),
    },
    {
      fields: {
        outcome: sql<'done' | Refusal>`${outcome}`,
        isHidden: mayDoMore(sql`coalesce(${page.actorId}, ${page.userId})`),
        ...EVENT_FIELDS,
        ...nullable({ id: page.id }),
      },
      from: sql`from actor, decision left join page on ${isDone} ${NEWEST_FIRST}`,
    },
  )
  const rows = await run(db, listing)
  const [first] = rows
  if (!first) return 'ended'
  if (first.outcome !== 'done') return first.outcome
  return rows.flatMap(({ outcome: _, isHidden, id, ...event }) =>
    id === null ? [] : [{ ...event, id, ...(isHidden ? NOWHERE : {}) }],
  )
}

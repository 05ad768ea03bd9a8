import type { SQL } from 'drizzle-orm'
import type { EventType, Permission } from '../features.ts'
import type { Client } from '../net/client-address.ts'
import { ADMIN_ROLE, rolePermissions, roles, userRoles } from '../roles/schema.ts'
import { users } from '../users/schema.ts'
import type { EventSource } from './events.ts'
import { type ColumnsOf, columnsOf, type Parts } from './parts.ts'
import { type OnceBucket, recordOnce } from './record-once.ts'
import { caller, fromLiveSession, lockCaller } from './sessions.ts'
import { sql } from './template.ts'

/** Who administers, by which session, under which permission. */
export type Actor = { userId: number; sessionId: string; permission: Permission }

/**
 * The lock that serialises all changes of roles and rights; `runAfter` takes it. Without it, two
 * administrators who demote each other would both see the other one stay. Registering, which refers to roles,
 * does not wait for it.
 */
export const ADMINISTRATION_LOCK = sql`
  select from ${roles} where ${roles.name} = ${ADMIN_ROLE} for no key update`

const u = columnsOf(users, 'u')
const others = columnsOf(users, 'others')
const held = columnsOf(userRoles, 'held')
const given = columnsOf(rolePermissions, 'given')

/** The permissions that a user's roles give, as an expression of type `text[]`, in alphabetical order. */
export function permissionsOf(userId: SQL): SQL<string[]> {
  return sql`array(
    select distinct ${given.permission} from ${userRoles} held
    join ${rolePermissions} given on ${given.roleName} = ${held.roleName}
    where ${held.userId} = ${userId} order by 1)`
}

/** Whether without the user no enabled user would be an administrator, as a condition. */
export function isLastAdmin(user: Pick<ColumnsOf<typeof users>, 'id' | 'disabledAt'>): SQL<boolean> {
  return sql`(${user.disabledAt} is null
    and exists (select from ${userRoles} held where ${held.userId} = ${user.id} and ${held.roleName} = ${ADMIN_ROLE})
    and not exists (
      select from ${userRoles} held join ${users} others on ${others.id} = ${held.userId}
      where ${held.roleName} = ${ADMIN_ROLE} and ${others.id} <> ${user.id} and ${others.disabledAt} is null
    ))`
}

/** What keeps anybody from administering; an act has reasons of its own beside these. */
export type Refusal = 'ended' | 'forbidden' | 'not_found' | 'outranked'

/** The columns of the part `actor`: who acts, by which session, and what they may do now. */
export const actor = {
  userId: sql`actor.user_id`,
  sessionId: sql`actor.session_id`,
  permissions: sql<string[]>`actor.permissions`,
}

/**
 * The parts `caller` and `actor`, the caller's user and session locked. What the actor may do now can be less
 * than their guard saw; no row if their session has ended.
 */
export function lockActor({ userId, sessionId, now }: Actor & { now: Date }): Parts {
  return {
    caller: lockCaller({ userId, sessionId, now }),
    actor: sql`select user_id, session_id, ${permissionsOf(caller.userId)} as permissions from caller`,
  }
}

/**
 * The part `actor` of statements that only read, without a lock: what is read in the moment in which somebody
 * is demoted could have been read a moment before.
 */
export function readActor({ userId, sessionId, now }: Actor & { now: Date }): Parts {
  return {
    actor: sql`
      select ${u.id} as user_id, ${sessionId}::uuid as session_id, ${permissionsOf(u.id)} as permissions
      ${fromLiveSession({ userId, sessionId, now })}`,
  }
}

/** The condition for `outranked`: a user has a permission that the part `actor` lacks. */
export function mayDoMore(userId: SQL): SQL<boolean> {
  return sql`not ${permissionsOf(userId)} <@ ${actor.permissions}`
}

/** The condition for `forbidden`: the part `actor` lacks the permission of the act. */
export function mayNot({ permission }: Actor): SQL<boolean> {
  return sql`not ${permission}::text = any(${actor.permissions})`
}

export type ActOnUser = { actor: Actor; userId: number; now: Date }

/** The columns of the part `subject`: the account that is acted on, as it was before. */
export const subject = columnsOf(users, 'subject')

/** The outcome that the part `decision` has as its one row. */
export const outcome = sql<string>`decision.outcome`

/** Whether the part `decision` lets the act happen. */
export const isDone = sql<boolean>`${outcome} = 'done'`

/**
 * The parts of `lockActor`, `subject` (the account that is acted on, its row locked) and `decision`, one row
 * with the column `outcome`. Nobody acts on somebody who may do what they may not.
 *
 * @param refusals further branches of a `case`, `when … then '…'`, in which `actor` and `subject` can be read
 */
export function decideAboutUser({ actor: who, userId, now }: ActOnUser, refusals: SQL = sql``): Parts {
  return {
    ...lockActor({ ...who, now }),
    subject: sql`
      select u.*, ${permissionsOf(u.id)} as permissions from ${users} u where ${u.id} = ${userId}
      for no key update of u`,
    decision: sql`
      select case
        when ${mayNot(who)} then 'forbidden'
        when ${subject.id} is null then 'not_found'
        when not subject.permissions <@ ${actor.permissions} then 'outranked'
        ${refusals}
        else 'done' end as outcome
      from actor left join subject on true`,
  }
}

/**
 * An event about the account of the part `subject`, by the part `actor`.
 *
 * @param options.when further parts, with a `where` if needed, that have a row if it happened
 */
export function eventOfActor(
  type: EventType,
  { when, details = sql`'{}'` }: { when: SQL; details?: SQL },
): EventSource {
  return {
    type,
    from: sql`from actor, subject, ${when}`,
    userId: subject.id,
    actorId: actor.userId,
    sessionId: actor.sessionId,
    details,
  }
}

/** What an administrator reads about people; the words of the event's details. */
export type PersonalData = 'accounts' | 'account' | 'sessions' | 'events'

/** Somebody's reading of other people's data. */
export type Reading = {
  actor: Actor
  data: PersonalData
  /** Whom it is about; null: no account in particular. */
  userId: number | null
  bucket: OnceBucket
  now: Date
}

/**
 * The parts of `readActor` and `decision`, one row with the column `outcome`; and `reading`, `noted` and
 * `recorded`, which record a reading that is let through in the statement that reads. Nobody's reading about
 * themselves is recorded.
 *
 * @param refusals further branches of a `case`, `when … then '…'`, in which `actor` can be read
 */
export function decideAboutReading(
  client: Client,
  { actor: who, data, userId, bucket, now }: Reading,
  refusals: SQL = sql``,
): Parts {
  const about = sql`${userId}::integer`
  return {
    ...readActor({ ...who, now }),
    decision: sql`select case when ${mayNot(who)} then 'forbidden' ${refusals} else 'done' end as outcome from actor`,
    reading: sql`
      select ${actor.userId}, ${actor.sessionId} from actor, decision
      where ${isDone} and ${actor.userId} is distinct from ${about}`,
    ...recordOnce(
      { client, now },
      {
        type: 'personal_data_read',
        bucket,
        from: sql`from reading`,
        userId: about,
        actorId: sql`reading.user_id`,
        sessionId: sql`reading.session_id`,
        details: sql`jsonb_build_object('data', ${data}::text)`,
      },
    ),
  }
}

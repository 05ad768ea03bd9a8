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

/** The user who performs an act, their session, and the permission that the act needs. */
export type Actor = { userId: number; sessionId: string; permission: Permission }

/**
 * The lock that serialises all changes of roles and permissions; pass it to `runAfter`. Without it, two
 * administrators who demote each other at the same time would each still see the other as an administrator.
 * It does not block registering, which only references roles.
 */
export const ADMINISTRATION_LOCK = sql`
  select from ${roles} where ${roles.name} = ${ADMIN_ROLE} for no key update`

/**
 * The same lock, and the user's row with it, for acts that decide by the user's sessions: one that a sign-in
 * opened while we waited for the row is seen by the statement after the lock, and by no other.
 */
export function lockAdministrationOf(userId: number): SQL {
  return sql`
    select from ${roles}, ${users} where ${roles.name} = ${ADMIN_ROLE} and ${users.id} = ${userId}
    for no key update`
}

const u = columnsOf(users, 'u')
const others = columnsOf(users, 'others')
const held = columnsOf(userRoles, 'held')
const given = columnsOf(rolePermissions, 'given')

/** The permissions of all roles of a user: an expression of type `text[]`, in alphabetical order. */
export function permissionsOf(userId: SQL): SQL<string[]> {
  return sql`array(
    select distinct ${given.permission} from ${userRoles} held
    join ${rolePermissions} given on ${given.roleName} = ${held.roleName}
    where ${held.userId} = ${userId} order by 1)`
}

/** A condition: the user is the only enabled administrator. */
export function isLastAdmin(user: Pick<ColumnsOf<typeof users>, 'id' | 'disabledAt'>): SQL<boolean> {
  return sql`(${user.disabledAt} is null
    and exists (
      select from ${userRoles} held where ${held.userId} = ${user.id} and ${held.roleName} = ${ADMIN_ROLE}
    )
    and not exists (
      select from ${userRoles} held join ${users} others on ${others.id} = ${held.userId}
      where ${held.roleName} = ${ADMIN_ROLE} and ${others.id} <> ${user.id} and ${others.disabledAt} is null
    ))`
}

/** The reasons to refuse any act on a user; some acts have more. */
export type Refusal = 'ended' | 'forbidden' | 'not_found' | 'outranked'

/** The columns of the part `actor`: the user who acts, their session, and their permissions now. */
export const actor = {
  userId: sql`actor.user_id`,
  sessionId: sql`actor.session_id`,
  permissions: sql<string[]>`actor.permissions`,
}

/**
 * The parts `caller` and `actor`, with the rows of the user and the session locked. The permissions can be
 * fewer than the guard of the route read. Neither part has a row if the session has ended meanwhile.
 */
export function lockActor({ userId, sessionId, now }: Actor & { now: Date }): Parts {
  return {
    caller: lockCaller({ userId, sessionId, now }),
    actor: sql`select user_id, session_id, ${permissionsOf(caller.userId)} as permissions from caller`,
  }
}

/**
 * The part `actor` for statements that only read. It takes no lock: somebody who reads at the moment of being
 * demoted could have read a moment before.
 */
export function readActor({ userId, sessionId, now }: Actor & { now: Date }): Parts {
  return {
    actor: sql`
      select ${u.id} as user_id, ${sessionId}::uuid as session_id, ${permissionsOf(u.id)} as permissions
      ${fromLiveSession({ userId, sessionId, now })}`,
  }
}

/** The condition for `outranked`: the user has a permission that the actor lacks. Needs the part `actor`. */
export function mayDoMore(userId: SQL): SQL<boolean> {
  return sql`not ${permissionsOf(userId)} <@ ${actor.permissions}`
}

/** The condition for `forbidden`: the actor lacks the permission of the act. Needs the part `actor`. */
export function mayNot({ permission }: Actor): SQL<boolean> {
  return sql`not ${permission}::text = any(${actor.permissions})`
}

export type ActOnUser = { actor: Actor; userId: number; now: Date }

/** The columns of the part `subject`: the account that is acted on, before the act. */
export const subject = columnsOf(users, 'subject')

/** The column `outcome` of the part `decision`, which has one row. */
export const outcome = sql<string>`decision.outcome`

/** A condition: the act is not refused. Needs the part `decision`. */
export const isDone = sql<boolean>`${outcome} = 'done'`

/**
 * The parts of `lockActor`; `subject`, the account that is acted on, with its row locked; and `decision`,
 * one row with the column `outcome`. An actor must have every permission that the subject has.
 *
 * @param options.parts further parts, which may read `subject`
 * @param options.refusals further branches of the `case`, `when … then '…'`; they may read `actor`,
 *   `subject` and those parts
 */
export function decideAboutUser(
  { actor: who, userId, now }: ActOnUser,
  { parts = {}, refusals = sql`` }: { parts?: Parts; refusals?: SQL } = {},
): Parts {
  return {
    ...lockActor({ ...who, now }),
    subject: sql`
      select u.*, ${permissionsOf(u.id)} as permissions from ${users} u where ${u.id} = ${userId}
      for no key update of u`,
    ...parts,
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
 * An event by the actor about the subject. Needs the parts `actor` and `subject`.
 *
 * @param options.when a part that has a row if the event happened, with a `where` if needed
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

/** The kinds of personal data that administrators read, as the details of the event name them. */
export type PersonalData = 'accounts' | 'account' | 'sessions' | 'events'

/** A request for other people's data. */
export type Reading = {
  actor: Actor
  data: PersonalData
  /** The user whom the data is about; `null`: many. */
  userId: number | null
  bucket: OnceBucket
  now: Date
}

/**
 * The parts of `readActor`; `decision`, one row with the column `outcome`; and `reading`, `noted` and
 * `recorded`, which record that the data was read, in the statement that reads it. Reading one's own data is
 * not recorded.
 *
 * @param refusals further branches of the `case`, `when … then '…'`; they may read `actor`
 */
export function decideAboutReading(
  client: Client,
  { actor: who, data, userId, bucket, now }: Reading,
  refusals: SQL = sql``,
): Parts {
  const about = sql`${userId}::integer`
  return {
    ...readActor({ ...who, now }),
    decision: sql`
      select case when ${mayNot(who)} then 'forbidden' ${refusals} else 'done' end as outcome from actor`,
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

import { type SQL, sql } from 'drizzle-orm'
import type { Permission } from '../features.ts'
import type { Client } from '../net/client-address.ts'
import { ADMIN_ROLE } from '../roles/names.ts'
import { type OnceBudget, recordOnce } from './record-once.ts'
import { fromLiveSession, heldSession } from './sessions.ts'

/** Who administers, by which session, under which permission. */
export type Actor = { userId: number; sessionId: string; permission: Permission }

/**
 * What every statement runs `after` that changes who may do what: such statements queue behind this row, so each sees
 * all that the one before did. Without it, two administrators who demote each other would both see the other one
 * stay. The lock leaves registering, which refers to roles, alone.
 */
export const ADMINISTRATION = sql`select from roles where name = ${ADMIN_ROLE} for no key update`

/** The permissions that a user's roles give, as an expression of type `text[]`. */
export function permissionsOf(userId: SQL): SQL {
  return sql`array(
    select distinct given.permission from user_roles held_role
    join role_permissions given on given.role_name = held_role.role_name
    where held_role.user_id = ${userId} order by 1)`
}

/**
 * Whether without the user nobody who is enabled would be an administrator.
 *
 * @param users what the row of the user is called there
 */
export function isLastAdmin(users: SQL): SQL {
  return sql`(${users}.disabled_at is null
    and exists (select from user_roles own where own.user_id = ${users}.id and own.role_name = ${ADMIN_ROLE})
    and not exists (
      select from user_roles theirs join users others on others.id = theirs.user_id
      where theirs.role_name = ${ADMIN_ROLE} and others.id <> ${users}.id and others.disabled_at is null
    ))`
}

/** What keeps anybody from administering; an act has reasons of its own beside these. */
export type Refusal = 'ended' | 'forbidden' | 'not_found' | 'outranked'

/**
 * The CTEs `held` and `actor`: who acts and what they may do now, which can be less than their guard saw. No row where
 * their session has ended.
 */
export function actingUser({ userId, sessionId, now }: Actor & { now: Date }): SQL {
  return sql`held as (${heldSession({ userId, sessionId, now })}), actor as (
      select user_id, session_id, ${permissionsOf(sql`held.user_id`)} as permissions from held
    )`
}

/**
 * The CTE `actor` of statements that only read, as in `actingUser` but without a lock: what is read in the moment in
 * which somebody is demoted could have been read a moment before.
 */
export function readAsActor({ userId, sessionId, now }: Actor & { now: Date }): SQL {
  return sql`actor as (
      select u.id as user_id, ${sessionId}::uuid as session_id, ${permissionsOf(sql`u.id`)} as permissions
      ${fromLiveSession({ userId, sessionId, now })}
    )`
}

/** The condition for `outranked`: a user has a permission that the actor lacks. */
export function mayDoMore(userId: SQL): SQL {
  return sql`not ${permissionsOf(userId)} <@ actor.permissions`
}

/** The condition for `forbidden`, beside `actor`. */
export function mayNot({ permission }: Actor): SQL {
  return sql`not ${permission}::text = any(actor.permissions)`
}

export type ActOnUser = { actor: Actor; userId: number; now: Date }

/**
 * The CTEs of `actingUser`, and `subject` and `decision`: the account that is acted on, its row locked, and what comes
 * of it, as one row with the column `outcome`. Nobody acts on somebody who may do what they may not.
 *
 * @param refusals further branches of a `case`, `when … then '…'`, beside `actor` and `subject`
 */
export function decideAboutUser({ actor, userId, now }: ActOnUser, refusals: SQL = sql``): SQL {
  return sql`${actingUser({ ...actor, now })}, subject as (
      select u.*, ${permissionsOf(sql`u.id`)} as permissions from users u where u.id = ${userId} for no key update of u
    ), decision as (
      select case
        when ${mayNot(actor)} then 'forbidden'
        when subject.id is null then 'not_found'
        when not subject.permissions <@ actor.permissions then 'outranked'
        ${refusals}
        else 'done' end as outcome
      from actor left join subject on true
    )`
}

/** What of people an administrator reads; the words of the event's details. */
export type PersonalData = 'accounts' | 'account' | 'sessions' | 'events'

/** Somebody's reading of other people's data. */
export type Reading = {
  actor: Actor
  data: PersonalData
  /** Whom it is about; null: no account in particular. */
  userId: number | null
  budget: OnceBudget
  now: Date
}

/**
 * The CTEs of `readAsActor`, and `decision`, one row with the column `outcome`; and those that put a reading which is
 * let through on record, in the statement that reads. Nobody's reading about themselves is recorded.
 *
 * @param refusals further branches of a `case`, `when … then '…'`, beside `actor`
 */
export function decideAboutReading(
  client: Client,
  { actor, data, userId, budget, now }: Reading,
  refusals: SQL = sql``,
): SQL {
  const about = sql`${userId}::integer`
  return sql`${readAsActor({ ...actor, now })}, decision as (
      select case when ${mayNot(actor)} then 'forbidden' ${refusals} else 'done' end as outcome from actor
    ), reading as (
      select actor.user_id, actor.session_id from actor, decision
      where decision.outcome = 'done' and actor.user_id is distinct from ${about}
    ), ${recordOnce(
      { client, now },
      {
        ...{ type: 'personal_data_read', budget, from: sql`from reading`, userId: about },
        ...{ actorId: sql`reading.user_id`, sessionId: sql`reading.session_id` },
        details: sql`jsonb_build_object('data', ${data}::text)`,
      },
    )}`
}

import { type SQL, sql } from 'drizzle-orm'
import { ADMIN_ROLE, type Permission } from '../permissions.ts'
import { heldSession } from './live-session.ts'

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

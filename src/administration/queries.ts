import { type SQL, sql } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import { violatedUnique } from '../db/errors.ts'
import type { Client } from '../net/client-address.ts'
import { ADMIN_ROLE } from '../roles/names.ts'
import {
  type ActOnUser,
  ADMINISTRATION,
  decideAboutUser,
  isLastAdmin,
  type Refusal,
} from '../sql/authority.ts'
import { type EventSource, recordEvents } from '../sql/events.ts'
import { isLive } from '../sql/sessions.ts'
import { time } from '../sql/time.ts'
import { toUser, type User, type UserRow, userRowColumns } from '../users/queries.ts'
import { accountStatus } from './search-users.sql.ts'

export type Status = 'active' | 'disabled'

/** An account, as those see it who administer. */
export type AdminUser = User & { status: Status; lastLoginAt: Date | null; disabledReason: string | null }

export type AdminUserRow = UserRow & {
  status: Status
  lastLoginAt: string | null
  disabledReason: string | null
}

/**
 * The columns of an `AdminUserRow`.
 *
 * @param users what the table of users is called there
 */
export function adminUserColumns(users: SQL, roles?: SQL): SQL {
  return sql`${userRowColumns(users, roles)}, ${accountStatus(sql`${users}.disabled_at`)} as status,
    ${users}.last_login_at as "lastLoginAt", ${users}.disabled_reason as "disabledReason"`
}

export function toAdminUser(row: AdminUserRow): AdminUser {
  const { status, disabledReason, lastLoginAt } = row
  return {
    ...{ ...toUser(row), status, disabledReason },
    lastLoginAt: lastLoginAt === null ? null : new Date(lastLoginAt),
  }
}

type Acting = { db: Database; client: Client }

/** What came of an act: what it answers, or why nothing happened. */
export type Outcome<Reason, Done> = { outcome: 'done'; result: Done } | { outcome: Refusal | Reason }

/** An event about the account that is acted on, with the row of `decision` that says so. */
function byActor(type: EventSource['type'], from: SQL, details?: SQL): EventSource {
  return {
    ...{ type, from: sql`from actor, subject, ${from}`, userId: sql`subject.id` },
    ...{ actorId: sql`actor.user_id`, sessionId: sql`actor.session_id` },
    ...(details && { details }),
  }
}

const isDone = sql`decision.outcome = 'done'`

export type UserChange = ActOnUser & {
  username?: string
  fullName?: string
  /** `active` also opens an account that wrong passwords locked. */
  status?: Status
  /** Of a disabled account. */
  disabledReason?: string | null
}

/**
 * Changes an account. Disabling raises `auth_version`, so that no session from before it lives again when the account
 * is enabled.
 */
export async function changeUser(
  { db, client }: Acting,
  { username, fullName, status, disabledReason, ...act }: UserChange,
): Promise<Outcome<'last_admin' | 'not_disabled' | 'username', AdminUser>> {
  const members = [
    ...(username === undefined ? [] : ['username']),
    ...(fullName === undefined ? [] : ['full_name']),
  ]
  const disables = sql`${status ?? ''}::text = 'disabled'`
  const enables = sql`${status ?? ''}::text = 'active'`
  const hasReason = sql`${disabledReason !== undefined}::boolean`
  const givesReason = sql`${typeof disabledReason === 'string'}::boolean`
  const now = time(act.now)
  try {
    const { rows } = await db.execute<AdminUserRow & { outcome: 'done' }>(
      sql`
      with ${decideAboutUser(
        act,
        sql`when ${disables} and ${isLastAdmin(sql`subject`)} then 'last_admin'
          when ${givesReason} and not ${disables} and (${enables} or subject.disabled_at is null) then 'not_disabled'`,
      )}, changed as (
        update users u set
          username = coalesce(${username ?? null}, u.username),
          full_name = coalesce(${fullName ?? null}, u.full_name),
          disabled_at = case when ${disables} then coalesce(u.disabled_at, ${now}) when ${enables} then null else u.disabled_at end,
          disabled_reason = case when ${enables} then null when ${hasReason} then ${disabledReason ?? null} else u.disabled_reason end,
          consecutive_failures = case when ${enables} then 0 else u.consecutive_failures end,
          auth_version = u.auth_version + case when ${disables} and u.disabled_at is null then 1 else 0 end,
          updated_at = ${now}
        from decision where u.id = ${act.userId} and ${isDone}
        returning u.*
      ), recorded as (
        ${recordEvents({ client, now: act.now }, changeEvents({ members, enables }))}
      )
      select decision.outcome, ${adminUserColumns(sql`changed`)} from decision left join changed on true`,
      { after: ADMINISTRATION },
    )
    return toOutcome(rows[0], toAdminUser)
  } catch (error) {
    if (violatedUnique(error) === 'users_username_key') return { outcome: 'username' }
    throw error
  }
}

/** What the CTE `changed` says happened, each only if it did. */
function changeEvents({ members, enables }: { members: string[]; enables: SQL }): EventSource[] {
  const wasDisabled = sql`(subject.disabled_at is not null)`
  const isDisabled = sql`(changed.disabled_at is not null)`
  const hasOtherReason = sql`subject.disabled_reason is distinct from changed.disabled_reason`
  const hasOtherProfile = sql`
    (subject.username, subject.full_name) is distinct from (changed.username, changed.full_name)`
  const details = sql`jsonb_build_object('members', ${JSON.stringify(members)}::jsonb)`
  return [
    byActor('profile_changed', sql`changed where ${hasOtherProfile}`, details),
    byActor(
      'account_disabled',
      sql`changed where ${isDisabled} and (not ${wasDisabled} or ${hasOtherReason})`,
    ),
    byActor('account_enabled', sql`changed where not ${isDisabled} and ${wasDisabled}`),
    byActor('account_unlocked', sql`changed where ${enables} and subject.consecutive_failures > 0`),
  ]
}

/** No row: the session of whoever acts has ended. */
function toOutcome<Row extends { outcome: string }, Reason, Done>(
  row: Row | undefined,
  toResult: (row: Row) => Done,
): Outcome<Reason, Done> {
  if (!row) return { outcome: 'ended' }
  if (row.outcome !== 'done') return { outcome: row.outcome as Refusal }
  return { outcome: 'done', result: toResult(row) }
}

/** Deletes an account with everything of it; what is on record of it stays as long as any event. */
export async function deleteUser(
  { db, client }: Acting,
  act: ActOnUser,
): Promise<Outcome<'last_admin', null>> {
  const { rows } = await db.execute<{ outcome: string }>(
    sql`
    with ${decideAboutUser(act, sql`when ${isLastAdmin(sql`subject`)} then 'last_admin'`)}, deleted as (
      delete from users u using decision where u.id = ${act.userId} and ${isDone}
    ), recorded as (
      ${recordEvents({ client, now: act.now }, [byActor('account_deleted', sql`decision where ${isDone}`)])}
    )
    select outcome from decision`,
    { after: ADMINISTRATION },
  )
  return toOutcome(rows[0], () => null)
}

/** Ends every session of a user, also one that a sign-in opens at the same moment. */
export async function endUserSessions({ db, client }: Acting, act: ActOnUser): Promise<Outcome<never, null>> {
  const hasLive = sql`exists (
    select from sessions s join users u on u.id = s.user_id where u.id = ${act.userId} and ${isLive(act)})`
  const { rows } = await db.execute<{ outcome: string }>(
    sql`
    with ${decideAboutUser(act)}, raised as (
      update users u set auth_version = u.auth_version + 1 from decision where u.id = ${act.userId} and ${isDone}
    ), recorded as (
      ${recordEvents({ client, now: act.now }, [
        byActor('session_ended', sql`decision where ${isDone} and ${hasLive}`, sql`'{"sessions":"all"}'`),
      ])}
    )
    select outcome from decision`,
    { after: ADMINISTRATION },
  )
  return toOutcome(rows[0], () => null)
}

type SetRolesRow = AdminUserRow & { outcome: string; unknown: string[] }

/**
 * Gives a user exactly these roles. Nobody gives what they do not hold; that they take nothing away either follows from
 * not acting on who may do more.
 */
export async function setUserRoles(
  { db, client }: Acting,
  { roles, ...act }: ActOnUser & { roles: readonly string[] },
): Promise<Outcome<'last_admin' | 'exceeds', AdminUser> | { outcome: 'unknown_roles'; unknown: string[] }> {
  const isWanted = (name: SQL) => sql`${name} in (select name from wanted)`
  const { rows } = await db.execute<SetRolesRow>(
    sql`
    with wanted as (
      select value as name from jsonb_array_elements_text(${JSON.stringify(roles)}::jsonb)
    ), ${decideAboutUser(
      act,
      sql`when exists (select from wanted where name not in (select name from roles)) then 'unknown_roles'
        when exists (
          select from role_permissions p where ${isWanted(sql`p.role_name`)} and not p.permission = any(actor.permissions)
        ) then 'exceeds'
        when not ${isWanted(sql`${ADMIN_ROLE}`)} and ${isLastAdmin(sql`subject`)} then 'last_admin'`,
    )}, revoked as (
      delete from user_roles r using decision
      where r.user_id = ${act.userId} and ${isDone} and not ${isWanted(sql`r.role_name`)} returning r.role_name
    ), granted as (
      insert into user_roles (user_id, role_name) select ${act.userId}, name from wanted, decision where ${isDone}
      on conflict do nothing returning role_name
    ), changes as (
      select array(select role_name from granted order by 1) as granted, array(select role_name from revoked order by 1) as revoked
      where exists (select from granted union all select from revoked)
    ), touched as (
      update users u set updated_at = ${time(act.now)} from changes where u.id = ${act.userId} returning u.*
    ), recorded as (
      ${recordEvents({ client, now: act.now }, [byActor('roles_changed', sql`changes`, sql`to_jsonb(changes)`)])}
    ), current as (
      select * from touched union all select * from users where id = ${act.userId} and not exists (select from touched)
    )
    select decision.outcome, array(select name from wanted where name not in (select name from roles)) as unknown,
      ${adminUserColumns(sql`current`, sql`array(select name from wanted order by 1)`)}
    from decision left join current on true`,
    { after: ADMINISTRATION },
  )
  const [row] = rows
  if (row?.outcome === 'unknown_roles') return { outcome: 'unknown_roles', unknown: row.unknown }
  return toOutcome(row, toAdminUser)
}

/** Enables an account and forgets its wrong passwords, without an actor; `null` if there is none. */
export async function enableAccount(
  { db, client }: Acting,
  { email, now }: { email: string; now: Date },
): Promise<{ userId: number; isChanged: boolean } | null> {
  const about = { userId: sql`subject.id` }
  const { rows } = await db.execute<{ userId: number; isChanged: boolean }>(sql`
    with subject as (
      select u.* from users u where lower(u.email) = ${email} for no key update
    ), changed as (
      update users u set disabled_at = null, disabled_reason = null, consecutive_failures = 0, updated_at = ${time(now)}
      from subject where u.id = subject.id and (subject.disabled_at is not null or subject.consecutive_failures > 0)
      returning u.id
    ), recorded as (
      ${recordEvents({ client, now }, [
        { ...about, type: 'account_enabled', from: sql`from subject where disabled_at is not null` },
        { ...about, type: 'account_unlocked', from: sql`from subject where consecutive_failures > 0` },
      ])}
    )
    select subject.id as "userId", exists (select from changed) as "isChanged" from subject`)
  return rows[0] ?? null
}

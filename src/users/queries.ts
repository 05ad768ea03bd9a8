import { type SQL, sql } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import { violatedUnique } from '../db/errors.ts'
import type { EventType } from '../features.ts'
import { failuresOf, MAX_CONSECUTIVE_FAILURES } from '../limits/queries.ts'
import type { Client } from '../net/client-address.ts'
import { DEFAULT_ROLE } from '../roles/names.ts'
import { ADMINISTRATION, isLastAdmin, permissionsOf } from '../sql/authority.ts'
import { type EventSource, recordEvents } from '../sql/events.ts'
import { type Budget, giveBack, reportOnce, spendInTurn } from '../sql/limits.ts'
import { fromLiveSession, heldSession, type OwnSession } from '../sql/sessions.ts'
import { time } from '../sql/time.ts'

export type User = {
  id: number
  username: string
  email: string
  fullName: string
  /** Names in alphabetical order. */
  roles: string[]
  emailVerifiedAt: Date | null
  createdAt: Date
  updatedAt: Date
}

export type NewUser = {
  username: string
  email: string
  fullName: string
  passwordHash: string
  /** What it is counted for. */
  budgets: readonly Budget[]
  now: Date
}

/** A user as a statement answers it: times as texts. */
export type UserRow = Omit<User, 'emailVerifiedAt' | 'createdAt' | 'updatedAt'> & {
  emailVerifiedAt: string | null
  createdAt: string
  updatedAt: string
}

/**
 * The columns of a `UserRow` in a written-out statement; the password hash is not among them.
 *
 * @param users what the table of users is called there
 * @param roles the names, where the statement itself writes them and so does not see them
 */
export function userRowColumns(users: SQL, roles = rolesOf(users)): SQL {
  return sql`${users}.id, ${users}.username, ${users}.email, ${users}.full_name as "fullName", ${roles} as roles,
    ${users}.email_verified_at as "emailVerifiedAt", ${users}.created_at as "createdAt", ${users}.updated_at as "updatedAt"`
}

function rolesOf(users: SQL): SQL {
  return sql`array(select held_roles.role_name from user_roles held_roles where held_roles.user_id = ${users}.id order by 1)`
}

export function toUser(row: UserRow): User {
  return {
    id: row.id,
    username: row.username,
    email: row.email,
    fullName: row.fullName,
    roles: row.roles,
    emailVerifiedAt: row.emailVerifiedAt === null ? null : new Date(row.emailVerifiedAt),
    createdAt: new Date(row.createdAt),
    updatedAt: new Date(row.updatedAt),
  }
}

/** Who acts: a user with what their roles permit, as stored now. */
export type Principal = User & { permissions: string[] }

export type PrincipalRow = UserRow & { permissions: string[] }

/** The columns of a `PrincipalRow`. */
export function principalColumns(users: SQL): SQL {
  return sql`${userRowColumns(users)}, ${permissionsOf(sql`${users}.id`)} as permissions`
}

export function toPrincipal({ permissions, ...row }: PrincipalRow): Principal {
  return { ...toUser(row), permissions }
}

/** What a request spends with the query that finds whose it is. */
export type Counted = { limit: string; budget: Budget }

/** Whether it was there to spend; both absent where nothing was. */
export type Spent = { allowed?: boolean; secondsToWait: number | null }

type Finding = OwnSession & { spends: Counted | null }

/** The user of a live session, as stored now; `null` where session and user don't belong together. */
export async function findSessionUser(
  deps: { db: Database; client: Client },
  finding: Finding,
): Promise<(User & Spent) | null> {
  const { rows } = await deps.db.execute<UserRow & Spent>(
    findSigned(deps, { ...finding, columns: userRowColumns(sql`u`) }),
  )
  const [row] = rows
  return row ? { ...toUser(row), ...toSpent(row) } : null
}

/** The same with what their roles permit. */
export async function findSessionPrincipal(
  deps: { db: Database; client: Client },
  finding: Finding,
): Promise<(Principal & Spent) | null> {
  const { rows } = await deps.db.execute<PrincipalRow & Spent>(
    findSigned(deps, { ...finding, columns: principalColumns(sql`u`) }),
  )
  const [row] = rows
  return row ? { ...toPrincipal(row), ...toSpent(row) } : null
}

function toSpent({ allowed, secondsToWait: seconds }: Spent): Spent {
  return { ...(allowed !== undefined && { allowed }), secondsToWait: seconds ?? null }
}

/** Only who is signed in spends: a token of a session that has ended takes nothing from the account. */
function findSigned(
  { client }: { client: Client },
  { spends, columns, ...session }: Finding & { columns: SQL },
): SQL {
  if (!spends) return sql`select ${columns} ${fromLiveSession(session)}`
  const { now } = session
  const { ctes, passed, refusal } = spendInTurn([spends.budget], {
    name: 'budget',
    from: sql`from found`,
    now,
  })
  return sql`
    with found as (select ${columns} ${fromLiveSession(session)}), ${ctes}, refused as (${refusal}), reported as (
      ${reportOnce({ refused: sql`refused`, now })}
    ), recorded as (
      ${recordEvents({ client, now }, [
        {
          type: 'limited',
          from: sql`from reported, found`,
          userId: sql`found.id`,
          actorId: sql`found.id`,
          sessionId: sql`${session.sessionId}`,
          details: sql`jsonb_build_object('limit', ${spends.limit}::text)`,
        },
      ])}
    )
    select found.*, ${passed} as allowed, (select wait from refused) as "secondsToWait" from found`
}

/** What became of a registration: the user, or which of the two is taken (the address, if both are). */
export type Registered =
  | { outcome: 'created'; user: User }
  | { outcome: 'email' | 'username' }
  | { outcome: 'limited'; secondsToWait: number | null }

type RegisteredRow = UserRow & {
  allowed: boolean
  emailTaken: boolean
  usernameTaken: boolean
  secondsToWait: number | null
}

/**
 * Counts a registration and creates the user with the default role, in one statement. Uniqueness is the index's
 * to decide: of parallel registrations exactly one gets its row, whatever any of them could have read before.
 * A taken name is seen beforehand or found by the address's index without an error, so that the attempt counts;
 * only who loses a race for a username is not counted, and learns of nothing that was there before.
 */
export async function insertUser(
  { db, client }: { db: Database; client: Client },
  { budgets, now, ...user }: NewUser,
): Promise<Registered> {
  const { ctes, passed, refusal } = spendInTurn(budgets, { name: 'budget', from: sql`from one`, now })
  try {
    const { rows } = await db.execute<RegisteredRow>(sql`
      with one as (select 1), ${ctes}, allowed as (
        select where ${passed}
      ), refused as (${refusal}), taken as (
        select exists (select from users where lower(email) = lower(${user.email})) as email,
          exists (select from users where lower(username) = lower(${user.username})) as username
      ), created as (
        insert into users (username, email, full_name, password_hash, created_at, updated_at)
        select ${user.username}, ${user.email}, ${user.fullName}, ${user.passwordHash}, ${time(now)}, ${time(now)}
        from allowed, taken where not taken.email and not taken.username
        on conflict (lower(email)) do nothing
        returning *
      ), granted as (
        insert into user_roles (user_id, role_name) select id, ${DEFAULT_ROLE} from created returning role_name
      ), reported as (
        ${reportOnce({ refused: sql`refused`, now })}
      ), recorded as (
        ${recordEvents({ client, now }, [
          { type: 'registered', from: sql`from created`, userId: sql`id` },
          { type: 'limited', from: sql`from reported`, details: sql`'{"limit":"register_address"}'` },
        ])}
      )
      select exists (select from allowed) as allowed, (select wait from refused) as "secondsToWait",
        taken.email as "emailTaken", taken.username as "usernameTaken",
        ${userRowColumns(sql`created`, sql`array(select role_name from granted)`)}
      from taken left join created on true`)
    return toRegistered(rows[0])
  } catch (error) {
    if (violatedUnique(error) === 'users_username_key') return { outcome: 'username' }
    throw error
  }
}

function toRegistered(row: RegisteredRow | undefined): Registered {
  if (!row) throw new Error('A registration has no outcome')
  if (!row.allowed) return { outcome: 'limited', secondsToWait: row.secondsToWait }
  if (row.id) return { outcome: 'created', user: toUser(row) }
  // Neither was seen: the address was taken while the statement ran.
  return { outcome: row.usernameTaken && !row.emailTaken ? 'username' : 'email' }
}

export type ProfileChange = { id: number; sessionId: string; username?: string; fullName?: string; now: Date }

/**
 * Changes what people may change of themselves. Where all is as it was, nothing is written or put on record.
 *
 * @returns the user as stored now, that the username is taken, or `null` where the caller's session has ended
 */
export async function updateProfile(
  { db, client }: { db: Database; client: Client },
  { id, sessionId, username, fullName, now }: ProfileChange,
): Promise<User | null | 'username'> {
  const members = JSON.stringify([
    ...(username === undefined ? [] : ['username']),
    ...(fullName === undefined ? [] : ['full_name']),
  ])
  try {
    const { rows } = await db.execute<UserRow>(sql`
      with held as (${heldSession({ userId: id, sessionId, now })}), changed as (
        update users u set
          username = coalesce(${username ?? null}, u.username),
          full_name = coalesce(${fullName ?? null}, u.full_name),
          updated_at = ${time(now)}
        from held where u.id = held.user_id and (u.username, u.full_name)
          is distinct from (coalesce(${username ?? null}, u.username), coalesce(${fullName ?? null}, u.full_name))
        returning u.*
      ), current as (
        select * from changed union all
        select u.* from users u join held on u.id = held.user_id where not exists (select from changed)
      ), recorded as (
        ${recordEvents({ client, now }, [
          {
            ...byCaller('profile_changed', sql`from held, changed`),
            details: sql`jsonb_build_object('members', ${members}::jsonb)`,
          },
        ])}
      )
      select ${userRowColumns(sql`current`)} from current`)
    return rows[0] ? toUser(rows[0]) : null
  } catch (error) {
    if (violatedUnique(error) === 'users_username_key') return 'username'
    throw error
  }
}

/** Who acts on their whole account, which state of it their password was checked against, and what that cost. */
export type ConfirmedAct = {
  userId: number
  sessionId: string
  authVersion: number
  budget: Budget
  byDevice: boolean
  now: Date
}

/** Why not: the caller's session had ended; or the password was replaced, or the account locked, since its check. */
export type NotDone = 'ended' | 'outdated'

/** Whether what a password was confirmed for is still that, of the user's row `u` that is held. */
export function isConfirmed({ authVersion, byDevice, now }: Omit<ConfirmedAct, 'budget'>): SQL {
  return sql`u.id = held.user_id and held.auth_version = ${authVersion}
    and (${byDevice}::boolean or ${failuresOf(sql`u`, now)} < ${MAX_CONSECUTIVE_FAILURES})`
}

/**
 * Deletes a user with everything of theirs; what is on record of them stays as long as any event. The last enabled
 * administrator stays.
 */
export async function deleteUser(
  { db, client }: { db: Database; client: Client },
  { budget, ...caller }: ConfirmedAct,
): Promise<'done' | 'last_admin' | NotDone> {
  const deleted = sql`exists (select from deleted)`
  const { rows } = await db.execute<{ outcome: 'done' | 'last_admin' | 'outdated' }>(
    sql`
    with held as (${heldSession(caller)}), last_admin as (
      select from users u, held where ${isConfirmed(caller)} and ${isLastAdmin(sql`u`)}
    ), deleted as (
      delete from users u using held
      where ${isConfirmed(caller)} and not exists (select from last_admin)
      returning u.id
    ), given_back as (
      ${giveBack(budget, sql`exists (select from deleted union all select from last_admin)`)}
    ), recorded as (
      ${recordEvents({ client, now: caller.now }, [
        byCaller('account_deleted', sql`from held, deleted`),
        byCaller(
          'password_confirmation_failed',
          sql`from held where not exists (select from deleted union all select from last_admin)`,
        ),
      ])}
    )
    select case when ${deleted} then 'done' when exists (select from last_admin) then 'last_admin'
      else 'outdated' end as outcome
    from held`,
    { after: ADMINISTRATION },
  )
  return rows[0]?.outcome ?? 'ended'
}

/** An event about whoever holds the session of `heldSession`, by themselves. */
export function byCaller(type: EventType, from: SQL): EventSource {
  const userId = sql`held.user_id`
  return { type, from, userId, actorId: userId, sessionId: sql`held.session_id` }
}

import { type SQL, sql } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import { violatedUnique } from '../db/errors.ts'
import { heldSession } from '../db/live-session.ts'
import { userRoles, users } from '../db/schema.ts'
import { time } from '../db/time.ts'

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
  now: Date
}

/** What everybody who registers is given. */
const DEFAULT_ROLE = 'user'

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
 */
export function userRowColumns(users: SQL): SQL {
  return sql`${users}.id, ${users}.username, ${users}.email, ${users}.full_name as "fullName",
    array(select held_roles.role_name from user_roles held_roles where held_roles.user_id = ${users}.id order by 1) as roles,
    ${users}.email_verified_at as "emailVerifiedAt", ${users}.created_at as "createdAt", ${users}.updated_at as "updatedAt"`
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

/**
 * Creates a user with the default role, in one statement. Uniqueness is the index's to decide: of parallel
 * registrations exactly one gets its row, whatever any of them could have read before.
 *
 * @returns the user, or which of the two is taken (the address, if both are)
 */
export async function insertUser(
  db: Database,
  { now, ...values }: NewUser,
): Promise<User | 'email' | 'username'> {
  const created = db.$with('created').as(
    db
      .insert(users)
      .values({ ...values, createdAt: now, updatedAt: now })
      .returning(),
  )
  const granted = db.$with('granted').as(
    db
      .insert(userRoles)
      .select(db.select({ userId: created.id, roleName: sql`${DEFAULT_ROLE}`.as('role_name') }).from(created))
      .returning({ name: userRoles.roleName }),
  )
  try {
    const [row] = await db
      .with(created, granted)
      .select({
        id: created.id,
        username: created.username,
        email: created.email,
        fullName: created.fullName,
        roles: sql<string[]>`array(select ${granted.name} from ${granted})`,
        emailVerifiedAt: created.emailVerifiedAt,
        createdAt: created.createdAt,
        updatedAt: created.updatedAt,
      })
      .from(created)
    if (!row) throw new Error('An insert returned no row')
    return row
  } catch (error) {
    const taken = violatedUnique(error)
    if (taken === 'users_email_key') return 'email'
    if (taken === 'users_username_key') return 'username'
    throw error
  }
}

export type ProfileChange = { id: number; username?: string; fullName?: string; now: Date }

/**
 * Changes what people may change of themselves.
 *
 * @returns the user as stored now, `null` if there is none, or that the username is taken
 */
export async function updateProfile(
  db: Database,
  { id, username, fullName, now }: ProfileChange,
): Promise<User | null | 'username'> {
  try {
    const { rows } = await db.execute<UserRow>(sql`
      update users set
        username = coalesce(${username ?? null}, username),
        full_name = coalesce(${fullName ?? null}, full_name),
        updated_at = ${time(now)}
      where id = ${id} returning ${userRowColumns(sql`users`)}`)
    return rows[0] ? toUser(rows[0]) : null
  } catch (error) {
    if (violatedUnique(error) === 'users_username_key') return 'username'
    throw error
  }
}

/** Who acts on their whole account, and which state of it their password was checked against. */
export type Confirmed = { userId: number; sessionId: string; authVersion: number; now: Date }

/** What became of it: done; the caller's session had ended; or the password was replaced since its check. */
export type Outcome = 'done' | 'ended' | 'outdated'

/** Gives a user another password and ends every session but the caller's. */
export async function replacePassword(
  db: Database,
  { passwordHash, ...caller }: Confirmed & { passwordHash: string },
): Promise<Outcome> {
  const { rows } = await db.execute<{ done: boolean }>(sql`
    with held as (${heldSession(caller)}), changed as (
      update users u set
        password_hash = ${passwordHash}, auth_version = u.auth_version + 1, updated_at = ${time(caller.now)}
      from held where u.id = held.user_id and held.auth_version = ${caller.authVersion}
      returning u.auth_version
    ), kept as (
      update sessions s set auth_version = changed.auth_version from changed, held where s.id = held.session_id
    )
    select exists (select 1 from changed) as done from held`)
  return outcomeOf(rows[0])
}

/** Deletes a user with everything of theirs. */
export async function deleteUser(db: Database, caller: Confirmed): Promise<Outcome> {
  const { rows } = await db.execute<{ done: boolean }>(sql`
    with held as (${heldSession(caller)}), deleted as (
      delete from users u using held where u.id = held.user_id and held.auth_version = ${caller.authVersion}
      returning u.id
    )
    select exists (select 1 from deleted) as done from held`)
  return outcomeOf(rows[0])
}

function outcomeOf(row: { done: boolean } | undefined): Outcome {
  if (!row) return 'ended'
  return row.done ? 'done' : 'outdated'
}

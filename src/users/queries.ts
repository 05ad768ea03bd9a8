import { and, eq, isNull, type SQL, sql } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import { violatedUnique } from '../db/errors.ts'
import { userRoles, users } from '../db/schema.ts'

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

// Spelled out, because Drizzle drops the tables from column names where a statement has one table only.
const roles: SQL<string[]> = sql`array(
  select held.role_name from user_roles held where held.user_id = users.id order by 1
)`

/** The columns of a `User`; the password hash is not among them. */
export const userColumns = {
  id: users.id,
  username: users.username,
  email: users.email,
  fullName: users.fullName,
  roles,
  emailVerifiedAt: users.emailVerifiedAt,
  createdAt: users.createdAt,
  updatedAt: users.updatedAt,
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

/** The enabled user with this id; `null` when there is none or it is disabled. */
export async function findEnabledUser(db: Database, id: number): Promise<User | null> {
  const [row] = await db
    .select(userColumns)
    .from(users)
    .where(and(eq(users.id, id), isNull(users.disabledAt)))
  return row ?? null
}

import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import { users } from '../db/schema.ts'
import { type User, userColumns } from '../users/queries.ts'

export type Credentials = {
  id: number
  passwordHash: string
  authVersion: number
  disabled: boolean
}

/**
 * What signing in needs to know of an account.
 *
 * @param identifier in lower case: an address if it has an `@`, which no username has, else a username
 */
export async function findCredentials(db: Database, identifier: string): Promise<Credentials | null> {
  const column = identifier.includes('@') ? users.email : users.username
  const [row] = await db
    .select({
      id: users.id,
      passwordHash: users.passwordHash,
      authVersion: users.authVersion,
      disabled: sql<boolean>`${users.disabledAt} is not null`,
    })
    .from(users)
    .where(eq(sql`lower(${column})`, identifier))
  return row ?? null
}

export type SignIn = {
  /** The account whose password matched; `null` for a failed attempt, which then writes nothing. */
  verified: Pick<Credentials, 'id' | 'passwordHash' | 'authVersion'> | null
  /** The same password hashed with today's parameters; `null` to keep the hash. */
  upgradedHash: string | null
  now: Date
}

/**
 * Completes a sign-in in one statement: it counts only if the account is still enabled and still has the
 * password that was verified. An upgraded hash replaces exactly the hash it was made from, so that of two
 * parallel upgrades the second changes nothing.
 *
 * A failed attempt runs the same statement for nobody: the queries of all outcomes are the same.
 *
 * @returns the user, or `null` when the attempt failed or the account changed in between
 */
export async function completeSignIn(
  db: Database,
  { verified, upgradedHash, now }: SignIn,
): Promise<User | null> {
  const unchanged = eq(users.passwordHash, verified?.passwordHash ?? '')
  const [row] = await db
    .update(users)
    .set({
      lastLoginAt: now,
      passwordHash: sql`case when ${unchanged} then coalesce(${upgradedHash}, ${users.passwordHash}) else ${users.passwordHash} end`,
    })
    .where(
      and(
        // No user has the id 0: a constraint sees to it.
        eq(users.id, verified?.id ?? 0),
        eq(users.authVersion, verified?.authVersion ?? 0),
        isNull(users.disabledAt),
      ),
    )
    .returning(userColumns)
  return row ?? null
}

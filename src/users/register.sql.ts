import type { SQL } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import { violatedUnique } from '../db/errors.ts'
import { run } from '../db/run.ts'
import type { Client } from '../net/client-address.ts'
import { DEFAULT_ROLE, userRoles } from '../roles/schema.ts'
import { type EventSource, recordEvents } from '../sql/events.ts'
import { type Bucket, reportOnce, spendInTurn } from '../sql/limits.ts'
import { bare, columnsOf, insertInto, nullable, type Row, statement } from '../sql/parts.ts'
import { sql } from '../sql/template.ts'
import { time } from '../sql/time.ts'
import { type User, userFields } from '../sql/users.ts'
import { USERNAME_KEY, users } from './schema.ts'

export type NewUser = {
  username: string
  email: string
  fullName: string
  passwordHash: string
  /** The limits that count the registration, from narrow to wide. */
  buckets: readonly Bucket[]
  now: Date
}

/**
 * The outcome of a registration: the user; or which of the two is taken (`email`, if both are); or the limit
 * is used up.
 */
export type Registered =
  | { outcome: 'created'; user: User }
  | { outcome: 'email' | 'username' }
  | { outcome: 'limited'; secondsToWait: number | null }

const u = columnsOf(users, 'u')
const created = columnsOf(users, 'created')

/**
 * Counts a registration and creates the user with the default role, in one statement. The unique indexes
 * decide races: of parallel registrations exactly one gets its row.
 *
 * An attempt at a taken name counts, so that nobody can probe names without a limit: the part `taken` finds
 * it, or in a race for an email address `on conflict do nothing`. Losing a race for a username is an error,
 * which rolls the count back; but it reveals no account that existed before.
 */
export async function insertUser(
  { db, client }: { db: Database; client: Client },
  { buckets, now, ...user }: NewUser,
): Promise<Registered> {
  const { parts, passed, refusal } = spendInTurn(buckets, { name: 'bucket', from: sql`from one`, now })
  const registration = statement(
    {
      one: sql`select 1`,
      ...parts,
      allowed: sql`select where ${passed}`,
      refused: refusal,
      taken: findTaken(user),
      created: create(user, now),
      granted: grantDefaultRole(),
      reported: reportOnce({ refused: sql`refused`, now }),
      recorded: recordEvents({ client, now }, EVENTS),
    },
    { fields: REGISTERED, from: sql`from taken left join created on true` },
  )
  try {
    const [row] = await run(db, registration)
    return toRegistered(row)
  } catch (error) {
    if (violatedUnique(error) === USERNAME_KEY) return { outcome: 'username' }
    throw error
  }
}

const EVENTS: readonly EventSource[] = [
  { type: 'registered', from: sql`from created`, userId: created.id },
  { type: 'limited', from: sql`from reported`, details: sql`'{"limit":"register_address"}'` },
]

const REGISTERED = {
  isAllowed: sql<boolean>`exists (select from allowed)`,
  secondsToWait: sql<number | null>`(select wait from refused)`,
  isEmailTaken: sql<boolean>`taken.email`,
  isUsernameTaken: sql<boolean>`taken.username`,
  ...nullable(userFields(created, sql`array(select role_name from granted)`)),
}

type Profile = Pick<NewUser, 'username' | 'email' | 'fullName' | 'passwordHash'>

/** The part `taken`: whether somebody has the email address, and whether somebody has the username. */
function findTaken({ username, email }: Profile): SQL {
  return sql`
    select exists (select from ${users} u where lower(${u.email}) = lower(${email})) as email,
      exists (select from ${users} u where lower(${u.username}) = lower(${username})) as username`
}

/** The part `created`, beside `allowed` and `taken`: the new user, if both let it be created. */
function create(profile: Profile, now: Date): SQL {
  const from = sql`from allowed, taken where not taken.email and not taken.username`
  return sql`
    ${insertInto(users, { ...profile, createdAt: time(now), updatedAt: time(now) }, { from })}
    on conflict (lower(${bare(users.email)})) do nothing returning *`
}

/** The part `granted`, beside `created`: the default role. */
function grantDefaultRole(): SQL {
  const granted = { userId: created.id, roleName: DEFAULT_ROLE }
  return sql`
    ${insertInto(userRoles, granted, { from: sql`from created` })}
    returning ${bare(userRoles.roleName)}`
}

function toRegistered(row: Row<typeof REGISTERED> | undefined): Registered {
  if (!row) throw new Error('A registration has no outcome')
  const { isAllowed, secondsToWait, isEmailTaken, isUsernameTaken, ...user } = row
  if (!isAllowed) return { outcome: 'limited', secondsToWait }
  if (isUser(user)) return { outcome: 'created', user }
  // If neither was found, the address was taken while the statement ran.
  return { outcome: isUsernameTaken && !isEmailTaken ? 'username' : 'email' }
}

function isUser(row: { [Name in keyof User]: User[Name] | null }): row is User {
  return row.id !== null
}

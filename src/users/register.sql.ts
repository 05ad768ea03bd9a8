import type { SQL } from 'drizzle-orm'
import { violatedUnique } from '../db/errors.ts'
import { run } from '../db/run.ts'
import type { Delivery, Deps } from '../deps.ts'
import { type EventSource, recordEvents } from '../sql/events.ts'
import { type Bucket, reportOnce, spendInTurn } from '../sql/limits.ts'
import { type MailSource, queueMails } from '../sql/mails.ts'
import {
  created,
  createdFields,
  findTaken,
  grantDefaultRole,
  insertVerificationToken,
  verification,
} from '../sql/new-users.ts'
import { DELIVERIES } from '../sql/outbox.ts'
import { bare, columnsOf, insertInto, nullable, type Row, statement } from '../sql/parts.ts'
import { insertSession, type NewSession } from '../sql/sessions.ts'
import { sql } from '../sql/template.ts'
import { time } from '../sql/time.ts'
import type { Principal } from '../sql/users.ts'
import { USERNAME_KEY, users } from './schema.ts'

export type NewUser = {
  username: string | null
  email: string
  fullName: string | null
  passwordHash: string
  /** Opened for the user at the same time; `null`: none. */
  session: NewSession | null
  /** The limits that count the registration, from narrow to wide. */
  buckets: readonly Bucket[]
  /** Whether the client must not learn that the address is taken, and its owner is told instead. */
  isPrivate: boolean
  now: Date
}

/**
 * The outcome of a registration: the user; or which of the two is taken (`email`, if both are); or the limit
 * is used up.
 */
export type RegistrationOutcome =
  | { outcome: 'created'; user: Principal; passwordVersion: number; deliveries: Delivery[] }
  | { outcome: 'email' | 'username'; deliveries: Delivery[] }
  | { outcome: 'limited'; secondsToWait: number | null }

const u = columnsOf(users, 'u')
/** The columns of the part `owner`. */
const owner = columnsOf(users, 'owner')

/**
 * Counts a registration, creates the user with the default role and opens a session if one is given, in one
 * statement. The unique indexes decide races: of parallel registrations exactly one gets its row.
 *
 * An attempt at a taken name counts, so that nobody can probe names without a limit: the part `taken` finds
 * it, or in a race for an email address `on conflict do nothing`. Losing a race for a username is an error,
 * which rolls the count back; but it reveals no account that existed before.
 */
export async function insertUser(
  { db, client, mailing }: Pick<Deps, 'db' | 'client' | 'mailing'>,
  { buckets, isPrivate, session, now, ...user }: NewUser,
): Promise<RegistrationOutcome> {
  const { parts, passed, refusal } = spendInTurn(buckets, { name: 'bucket', from: sql`from one`, now })
  const registration = statement(
    {
      one: sql`select 1`,
      ...parts,
      allowed: sql`select where ${passed}`,
      refused: refusal,
      taken: findTaken(user, now),
      created: create({ ...user, session, now }),
      granted: grantDefaultRole(),
      ...(session && {
        opened: insertSession({ user: created, from: sql`from created` }, { session, client, now }),
      }),
      verification: insertVerificationToken(now, 'email_verification'),
      owner: findOwner(user.email, isPrivate),
      queued: queueMails({ mailing, client, now }, MAILS),
      reported: reportOnce({ refused: sql`refused`, now }),
      recorded: recordEvents({ client, now }, eventsOf(session)),
    },
    { fields: REGISTERED, from: sql`from taken left join created on true` },
  )
  try {
    const [row] = await run(db, registration)
    return toRegistered(row, isPrivate)
  } catch (error) {
    if (violatedUnique(error) === USERNAME_KEY) return { outcome: 'username', deliveries: [] }
    throw error
  }
}

/**
 * The part `owner`: the account that has the address, if it is to be told. None if the username is taken too:
 * then the client gets 409.
 */
function findOwner(email: string, isPrivate: boolean): SQL {
  return sql`
    select u.* from ${users} u, allowed, taken
    where ${isPrivate}::boolean and taken.email and not taken.username
      and lower(${u.email}) = lower(${email})`
}

const MAILS: readonly MailSource[] = [
  {
    message: 'email_verification',
    from: sql`from created, verification`,
    user: created,
    token: verification,
  },
  { message: 'address_in_use', from: sql`from owner`, user: owner, showsClient: false },
]

function eventsOf(session: NewSession | null): EventSource[] {
  const own = { from: sql`from created`, userId: created.id }
  const signedIn = session && { actorId: created.id, sessionId: sql`${session.id}` }
  return [
    { type: 'registered', ...own },
    ...(signedIn ? [{ type: 'signed_in', ...own, ...signedIn } as const] : []),
    { type: 'limited', from: sql`from reported`, details: sql`'{"limit":"register_address"}'` },
  ]
}

const REGISTERED = {
  isAllowed: sql<boolean>`exists (select from allowed)`,
  secondsToWait: sql<number | null>`(select wait from refused)`,
  isEmailTaken: sql<boolean>`taken.email`,
  isUsernameTaken: sql<boolean>`taken.username`,
  passwordVersion: sql<number | null>`${created.passwordVersion}`,
  deliveries: DELIVERIES,
  ...nullable(createdFields()),
}

/** The part `created`, beside `allowed` and `taken`: the new user, if both let it be created. */
function create({ session, now, ...profile }: Omit<NewUser, 'buckets' | 'isPrivate'>): SQL {
  const from = sql`from allowed, taken where not taken.email and not taken.username`
  const lastLoginAt = session ? time(now) : sql`null::timestamptz`
  const values = { ...profile, lastLoginAt, createdAt: time(now), updatedAt: time(now) }
  return sql`
    ${insertInto(users, values, { from })}
    on conflict (lower(${bare(users.email)})) do nothing returning *`
}

/**
 * @param isPrivate whether the client must not learn that the address is taken: then `username` comes first
 */
function toRegistered(row: Row<typeof REGISTERED> | undefined, isPrivate: boolean): RegistrationOutcome {
  if (!row) throw new Error('A registration has no outcome')
  const { isAllowed, secondsToWait, isEmailTaken, isUsernameTaken, passwordVersion, deliveries, ...user } =
    row
  if (!isAllowed) return { outcome: 'limited', secondsToWait }
  if (passwordVersion !== null)
    return { outcome: 'created', user: user as Principal, passwordVersion, deliveries }
  // If neither was found, the address was taken while the statement ran.
  const isUsername = isUsernameTaken && (isPrivate || !isEmailTaken)
  return { outcome: isUsername ? 'username' : 'email', deliveries }
}

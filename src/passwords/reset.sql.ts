import type { SQL } from 'drizzle-orm'
import { run } from '../db/run.ts'
import type { Delivery, Deps } from '../deps.ts'
import { rateLimits } from '../limits/schema.ts'
import { type EventSource, recordEvents } from '../sql/events.ts'
import { NO_FAILURES } from '../sql/lockout.ts'
import { queueMails } from '../sql/mails.ts'
import { ALL_BUT_UNDO, consumeTokens, lockToken, ofToken, token } from '../sql/one-time-tokens.ts'
import { DELIVERIES } from '../sql/outbox.ts'
import { assignments, columnsOf, statement } from '../sql/parts.ts'
import { join, sql } from '../sql/template.ts'
import { time } from '../sql/time.ts'
import { users } from '../users/schema.ts'

/** The purposes of tokens that choose a new password. */
export const PASSWORD_PURPOSES = ['password_reset', 'invitation', 'operator_reset'] as const
export type PasswordPurpose = (typeof PASSWORD_PURPOSES)[number]

export type Reset = {
  id: string
  purpose: PasswordPurpose
  passwordHash: string
  /** The keys of the account's buckets of sign-ins. */
  bucketKeys: readonly string[]
  now: Date
}

export type ResetDone = { userId: number; passwordVersion: number; deliveries: Delivery[] }

const u = columnsOf(users, 'u')
const changed = columnsOf(users, 'changed')

/**
 * Consumes the token and replaces the password, in one statement. Every session ends. The account's buckets
 * of sign-ins are full again: guesses may have emptied them, and the owner signs in next.
 *
 * The token can't be used if the account's address or password changed since, or if it is disabled.
 *
 * @returns `null` if the token can't be used
 */
export async function resetPasswordRow(
  { db, client, mailing }: Pick<Deps, 'db' | 'client' | 'mailing'>,
  { id, purpose, passwordHash, bucketKeys, now }: Reset,
): Promise<ResetDone | null> {
  const isFirst = sql`${purpose}::text = 'invitation'`
  const reset = statement(
    {
      token: lockToken({ id, purpose, now }, { when: isUsable }),
      consumed: consumeTokens(now, { which: ALL_BUT_UNDO }),
      changed: replacePassword({ passwordHash, purpose, now }),
      refilled: refill(bucketKeys),
      queued: queueMails({ mailing, client, now }, [
        { message: 'password_changed', from: sql`from changed where not ${isFirst}`, user: changed },
      ]),
      recorded: recordEvents({ client, now }, EVENTS),
    },
    {
      fields: { userId: changed.id, passwordVersion: changed.passwordVersion, deliveries: DELIVERIES },
      from: sql`from changed`,
    },
  )
  const [row] = await run(db, reset)
  return row ?? null
}

const isUsable = sql`lower(${ofToken.user.email}) = lower(${ofToken.token.email})
  and ${ofToken.user.passwordVersion} = ${ofToken.token.passwordVersion}
  and ${ofToken.user.disabledAt} is null`

/**
 * The part `changed`. If the address was never verified, a stranger may have registered with it: then
 * `user_metadata` is emptied too. In any case sessions end, and so does a pending change of the address,
 * whose token has the old password version. The username and the full name stay.
 */
function replacePassword({
  passwordHash,
  purpose,
  now,
}: Pick<Reset, 'passwordHash' | 'purpose' | 'now'>): SQL {
  const proves = sql`${purpose !== 'operator_reset'}::boolean`
  const isUnproven = sql`${proves} and ${u.emailVerifiedAt} is null`
  const values = assignments(users, {
    passwordHash,
    authVersion: sql`${u.authVersion} + 1`,
    passwordVersion: sql`${u.passwordVersion} + 1`,
    ...NO_FAILURES,
    userMetadata: sql`case when ${isUnproven} then '{}'::jsonb else ${u.userMetadata} end`,
    emailVerifiedAt: sql`case when ${proves} then ${time(now)} else ${u.emailVerifiedAt} end`,
    updatedAt: time(now),
  })
  return sql`update ${users} u set ${values} from token where ${u.id} = ${token.userId} returning u.*`
}

/** Fills the buckets, if there is a `token`: a full bucket has no row. */
function refill(keys: readonly string[]): SQL {
  const listed = join(
    keys.map((key) => sql`${key}`),
    ', ',
  )
  return sql`delete from ${rateLimits} using token where ${rateLimits.key} in (${listed})`
}

const who = { userId: changed.id }
const EVENTS: EventSource[] = [
  { type: 'password_reset', from: sql`from changed`, ...who },
  {
    type: 'email_verified',
    from: sql`from changed, token
      where ${token.userVerifiedAt} is null and ${changed.emailVerifiedAt} is not null`,
    ...who,
  },
]

import type { SQL } from 'drizzle-orm'
import type { Purpose } from '../crypto/one-time-token.ts'
import { oneTimeTokens } from '../one-time-tokens/schema.ts'
import { users } from '../users/schema.ts'
import { assignments, type ColumnsOf, columnsOf, insertInto } from './parts.ts'
import { join, sql } from './template.ts'
import { time } from './time.ts'

/** How long a token of a purpose can be used, in seconds. */
export const LIFETIME_SECONDS: Readonly<Record<Purpose, number>> = {
  password_reset: 3600,
  // Somebody who does not expect it reads it after the weekend.
  invitation: 7 * 86_400,
  email_verification: 86_400,
  email_change: 86_400,
  email_undo: 3 * 86_400,
  operator_reset: 86_400,
}

/**
 * The columns of the part `token`: those of the token, and the user's address and `email_verified_at` as
 * locked. Read them here: another part would see the user as it was when the statement began.
 */
export const token = {
  ...columnsOf(oneTimeTokens, 'token'),
  userEmail: sql<string>`token.user_email`,
  userVerifiedAt: sql<Date | null>`token.user_verified_at`,
}

const t = columnsOf(oneTimeTokens, 't')
const u = columnsOf(users, 'u')
const newer = columnsOf(oneTimeTokens, 'newer')
const kept = columnsOf(oneTimeTokens, 'kept')

/** The columns of a token and of its user, for conditions of `lockToken`. */
export const ofToken = { token: t, user: u }

type NewToken = {
  purpose: Purpose
  /** `from …`: one token for each row. */
  from: SQL
  /** The account. */
  user: Pick<ColumnsOf<typeof users>, 'id' | 'email' | 'passwordVersion' | 'emailVerifiedAt'>
  /** The address that it is sent to, if that is not the account's. */
  email?: SQL
  now: Date
}

/** A part that inserts a token. Unless `lockToken` says otherwise, it ends the older ones of its purpose. */
export function insertToken({ purpose, from, user, email = user.email, now }: NewToken): SQL {
  const values = {
    purpose,
    userId: user.id,
    email,
    passwordVersion: user.passwordVersion,
    isProven: sql`${user.emailVerifiedAt} is not null`,
    createdAt: time(now),
    expiresAt: time(new Date(now.getTime() + LIFETIME_SECONDS[purpose] * 1000)),
  }
  return sql`${insertInto(oneTimeTokens, values, { from })} returning *`
}

/**
 * The part `token`: locks a presented token and its user, and returns the token if it can be used: not
 * consumed, not expired, and the newest of its purpose for the account. Parallel uses wait for the lock, then
 * find it consumed. The user is locked first, as by everything else that locks or deletes both.
 *
 * "Newest" is checked here, not written when a token is made: two requests at once don't see each other's.
 *
 * @param options.when a further condition on `ofToken`
 * @param options.isReplaceable whether a newer one ends it. Default: true
 */
export function lockToken(
  { id, purpose, now }: { id: string; purpose: Purpose; now: Date },
  { when, isReplaceable = true }: { when: SQL; isReplaceable?: boolean },
): SQL {
  const isNewest = sql`not exists (
      select from ${oneTimeTokens} newer
      where ${newer.userId} = ${t.userId} and ${newer.purpose} = ${t.purpose}
        and ${newer.number} > ${t.number}
    )`
  const conditions = [sql`(${when})`, ...(isReplaceable ? [isNewest] : [])]
  return sql`
    select t.*, ${u.email} as user_email, ${u.emailVerifiedAt} as user_verified_at
    from ${oneTimeTokens} t join ${users} u on ${u.id} = ${t.userId}
    where ${t.id} = ${id}::uuid and ${t.purpose} = ${purpose}
      and ${t.consumedAt} is null and ${t.expiresAt} > ${time(now)} and ${join(conditions, ' and ')}
    for no key update of u, t`
}

/** A condition for `consumeTokens`: every purpose but undoing a change of the address. */
export const ALL_BUT_UNDO = sql`${t.purpose} <> 'email_undo'`

/**
 * The part, beside `token`, that consumes tokens of its user.
 *
 * @param options.which a condition on `ofToken.token`. Default: those of the token's purpose
 * @param options.when a condition; if it does not hold, none is consumed. Default: it holds
 */
export function consumeTokens(
  now: Date,
  { which = sql`${t.purpose} = ${token.purpose}`, when = sql`true` }: { which?: SQL; when?: SQL } = {},
): SQL {
  return sql`
    update ${oneTimeTokens} t set ${assignments(oneTimeTokens, { consumedAt: time(now) })} from token
    where ${t.userId} = ${token.userId} and ${t.consumedAt} is null and ${which} and ${when}`
}

/**
 * A condition: an address is kept for the account that it was changed away from, if its owner had proven it.
 * Without this, somebody who changed a stranger's address could take the old one with another account, and
 * undoing would fail.
 *
 * @param options.except the account that may have it; omitted: none
 */
export function isKept({ email, now, except }: { email: SQL; now: Date; except?: SQL }): SQL<boolean> {
  const isOther = except ? sql`${kept.userId} <> ${except}` : sql`true`
  return sql`exists (
    select from ${oneTimeTokens} kept
    where lower(${kept.email}) = lower(${email}) and ${kept.purpose} = 'email_undo'
      and ${kept.isProven} and ${kept.consumedAt} is null and ${kept.expiresAt} > ${time(now)} and ${isOther}
  )`
}

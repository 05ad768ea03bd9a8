import type { SQL } from 'drizzle-orm'
import { run } from '../db/run.ts'
import type { Delivery, Deps } from '../deps.ts'
import { oneTimeTokens } from '../one-time-tokens/schema.ts'
import { type EventSource, recordEvents } from '../sql/events.ts'
import { type MailBuckets, type MailSource, queueMails, spendForMail } from '../sql/mails.ts'
import { insertToken } from '../sql/one-time-tokens.ts'
import { account, isProven, type Proof, type SignInEffects } from '../sql/opening.ts'
import { DELIVERIES } from '../sql/outbox.ts'
import { assignments, columnsOf, nullable, statement } from '../sql/parts.ts'
import { insertSession, isLive, MAX_SESSIONS, type NewSession } from '../sql/sessions.ts'
import { sql } from '../sql/template.ts'
import { time } from '../sql/time.ts'
import { type Principal, principalFields } from '../sql/users.ts'
import { users } from '../users/schema.ts'
import { sessions } from './schema.ts'

export type Opening = {
  /** `null`: a failed attempt, which opens nothing. */
  proof: Proof | null
  /** The account that the attempt named; `null`: none. */
  attemptedId: number | null
  /** Recorded if the attempt failed, or if its proof no longer holds. */
  reason: string
  effects: SignInEffects
  session: NewSession
  /** Whether the account knows the browser, by its cookie. */
  isKnownDevice: boolean
  /** The limits of verification mails; `null`: signing in needs no verified address. */
  verificationBuckets: MailBuckets | null
  now: Date
}

/** `isUnverified`: the proof holds, and only the unverified address keeps the session from opening. */
export type Opened = {
  user: Principal | null
  isUnverified: boolean
  /** Whether a mail to verify the address was stored. */
  isMailed: boolean
  deliveries: Delivery[]
}

const s = columnsOf(sessions, 's')
const u = columnsOf(users, 'u')
/** The subquery of `forgetEnded`. */
const found = columnsOf(sessions, 'found')

/**
 * Completes a sign-in and opens its session in one statement, if the account is still enabled and still has
 * the auth version that was proven. A failed attempt runs the same statement for a user that does not exist,
 * so that the queries give no outcome away.
 *
 * @returns no user if the attempt failed or its proof no longer holds
 */
export async function openSessionRow(
  { db, client, mailing }: Pick<Deps, 'db' | 'client' | 'mailing'>,
  opening: Opening,
): Promise<Opened> {
  const { effects, session, now } = opening
  const asked = askToVerify(opening)
  const opened = statement(
    {
      account: provenAccount(opening),
      ...asked.parts,
      ...effects.parts,
      opened: insertSession({ user: account, from: sql`from account` }, { session, client, now }),
      evicted: evictOldest(now),
      forgotten: forgetEnded(now),
      queued: queueMails({ mailing, client, now }, [
        ...effects.mails,
        noticeOfDevice(client, opening),
        ...asked.mails,
      ]),
      recorded: recordEvents({ client, now }, [
        ...openingEvents(opening, asked.isUnverified),
        ...evictionEvents(),
      ]),
    },
    {
      fields: { isUnverified: asked.isUnverified, isMailed: asked.isMailed, ...OPENED },
      from: sql`from (select) as one left join account on true`,
    },
  )
  const [row] = await run(db, opened)
  if (!row) throw new Error('A sign-in has no outcome')
  const { isUnverified, isMailed, deliveries, ...user } = row
  return { user: user.id === null ? null : (user as Principal), isUnverified, isMailed, deliveries }
}

const OPENED = { deliveries: DELIVERIES, ...nullable(principalFields(account)) }

/**
 * The part `account`: the user after the sign-in, if the proof still holds. Without a proof no row matches: a
 * check constraint keeps user ids above 0.
 */
function provenAccount({ proof, effects, verificationBuckets, now }: Opening): SQL {
  const assigned = assignments(users, {
    lastLoginAt: time(now),
    ...effects.assigned,
  })
  return sql`
    update ${users} set ${assigned}
    where ${isStillProven(proof, effects)}
      and (${users.emailVerifiedAt} is not null or ${verificationBuckets === null}::boolean)
    returning *`
}

function isStillProven(proof: Proof | null, effects: SignInEffects): SQL {
  return sql`${users.id} = ${proof?.userId ?? 0} and ${users.authVersion} = ${proof?.authVersion ?? 0}
      and ${users.disabledAt} is null and ${effects.condition}`
}

const unverified = columnsOf(users, 'unverified')
const made = columnsOf(oneTimeTokens, 'made')

/**
 * If signing in needs a verified address: the parts that send the link again, once the proof holds.
 */
function askToVerify({ proof, effects, verificationBuckets, now }: Opening) {
  if (!verificationBuckets) {
    return { parts: {}, mails: [], isUnverified: sql<boolean>`false`, isMailed: sql<boolean>`false` }
  }
  const { parts, passed } = spendForMail(verificationBuckets, { from: sql`from unverified`, now })
  const mail = { from: sql`from unverified, made`, user: unverified, token: made }
  return {
    parts: {
      unverified: sql`
        select ${users}.* from ${users}
        where ${isStillProven(proof, effects)} and ${users.emailVerifiedAt} is null
        for key share`,
      ...parts,
      made: insertToken({
        purpose: 'email_verification',
        from: sql`from unverified where ${passed}`,
        user: unverified,
        now,
      }),
    },
    mails: [{ message: 'email_verification', ...mail } as const],
    isUnverified: sql<boolean>`exists (select from unverified)`,
    isMailed: sql<boolean>`exists (select from made)`,
  }
}

/**
 * The notice of a sign-in from an unknown browser, beside `account`: one without our cookie, and without a
 * kept session of the same address and user agent (for clients without cookies). None at the first sign-in:
 * `account` has the time of this one, the table still that of the last.
 */
function noticeOfDevice(client: Deps['client'], { isKnownDevice }: Opening): MailSource {
  const isOwn = sql`${s.userId} = ${account.id}`
  const isSame = sql`${s.userAgent} is not distinct from ${client.userAgent}::text
    and ${s.ipAddress} is not distinct from ${client.address}::text`
  return {
    message: 'new_device',
    from: sql`from account where not ${isKnownDevice}::boolean
      and exists (select from ${users} u where ${u.id} = ${account.id} and ${u.lastLoginAt} is not null)
      and not exists (select from ${sessions} s where ${isOwn} and ${isSame})`,
    user: account,
  }
}

/**
 * The part `evicted`, beside `account`: revokes the least recently used sessions, so that with the new one
 * there are `MAX_SESSIONS` at most.
 */
function evictOldest(now: Date): SQL {
  const revoked = assignments(sessions, { revokedAt: time(now), revokedReason: 'evicted' })
  return sql`
    update ${sessions} set ${revoked} where ${sessions.revokedAt} is null and ${sessions.id} in (
      select ${s.id} from ${sessions} s join account on ${s.userId} = ${account.id}
      where ${isLive({ session: s, user: account, now })}
      order by ${s.lastUsedAt} desc, ${s.id} offset ${MAX_SESSIONS - 1}
    ) returning ${sessions.id}, ${sessions.userId}`
}

/**
 * The most rows of sessions that a user keeps: `MAX_SESSIONS` live ones and a hundred that have ended.
 * Without this bound, every statement over a user's sessions would slow down with each sign-in.
 */
export const MAX_KEPT = 200

/** More than the one row that a sign-in adds, so that the number comes down to `MAX_KEPT`. */
const FORGOTTEN_AT_ONCE = 10

/** The part `forgotten`, beside `account`: deletes the oldest ended sessions beyond `MAX_KEPT`. */
function forgetEnded(now: Date): SQL {
  return sql`
    delete from ${sessions} where ${sessions.id} in (
      select ${found.id} from (
        select s.* from ${sessions} s join account on ${s.userId} = ${account.id}
        order by ${s.createdAt} desc, ${s.id} offset ${MAX_KEPT} limit ${MAX_SESSIONS + FORGOTTEN_AT_ONCE}
      ) found join account on true
      where not ${isLive({ session: found, user: account, now })} limit ${FORGOTTEN_AT_ONCE}
    )`
}

function openingEvents(
  { session, attemptedId, reason, effects }: Opening,
  isUnverified: SQL<boolean>,
): EventSource[] {
  const who = { userId: account.id, actorId: account.id, sessionId: sql`${session.id}` }
  return [
    { type: 'signed_in', from: sql`from account`, ...who },
    ...effects.events.map((event) => ({ ...event, ...who })),
    {
      type: 'sign_in_failed',
      from: sql`where not ${isProven}`,
      userId: sql`${attemptedId}`,
      details: sql`jsonb_build_object('reason',
        case when ${isUnverified} then 'email_not_verified' else ${reason}::text end)`,
    },
  ]
}

function evictionEvents(): EventSource[] {
  const details = sql`'{"reason":"evicted"}'`
  return [
    { type: 'session_ended', from: sql`from evicted`, userId: sql`user_id`, sessionId: sql`id`, details },
  ]
}

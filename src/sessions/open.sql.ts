import type { SQL } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import { run } from '../db/run.ts'
import type { Client } from '../net/client-address.ts'
import { type EventSource, recordEvents } from '../sql/events.ts'
import { account, isProven, type Proof, type SignInEffects } from '../sql/opening.ts'
import { assignments, columnsOf, statement } from '../sql/parts.ts'
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
  now: Date
}

const s = columnsOf(sessions, 's')
/** The subquery of `forgetEnded`. */
const found = columnsOf(sessions, 'found')

/**
 * Completes a sign-in and opens its session in one statement, if the account is still enabled and still has
 * the auth version that was proven. A failed attempt runs the same statement for a user that does not exist,
 * so that the queries give no outcome away.
 *
 * @returns the user; `null` if the attempt failed or its proof no longer holds
 */
export async function openSessionRow(
  { db, client }: { db: Database; client: Client },
  { proof, attemptedId, reason, effects, session, now }: Opening,
): Promise<Principal | null> {
  const events = [...openingEvents({ session, attemptedId, reason, effects }), ...evictionEvents()]
  const opening = statement(
    {
      account: provenAccount({ proof, effects, now }),
      ...effects.parts,
      opened: insertSession({ user: account, from: sql`from account` }, { session, client, now }),
      evicted: evictOldest(now),
      forgotten: forgetEnded(now),
      recorded: recordEvents({ client, now }, events),
    },
    { fields: OPENED, from: sql`from account` },
  )
  const [user] = await run(db, opening)
  return user ?? null
}

const OPENED = principalFields(account)

/**
 * The part `account`: the user after the sign-in, if the proof still holds. Without a proof no row matches: a
 * check constraint keeps user ids above 0.
 */
function provenAccount({ proof, effects, now }: Pick<Opening, 'proof' | 'effects' | 'now'>): SQL {
  const assigned = assignments(users, {
    lastLoginAt: time(now),
    ...effects.assigned,
  })
  return sql`
    update ${users} set ${assigned}
    where ${users.id} = ${proof?.userId ?? 0} and ${users.authVersion} = ${proof?.authVersion ?? 0}
      and ${users.disabledAt} is null and ${effects.condition}
    returning *`
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

type Outcome = Pick<Opening, 'session' | 'attemptedId' | 'reason' | 'effects'>

function openingEvents({ session, attemptedId, reason, effects }: Outcome): EventSource[] {
  const who = { userId: account.id, actorId: account.id, sessionId: sql`${session.id}` }
  return [
    { type: 'signed_in', from: sql`from account`, ...who },
    ...effects.events.map((event) => ({ ...event, ...who })),
    {
      type: 'sign_in_failed',
      from: sql`where not ${isProven}`,
      userId: sql`${attemptedId}`,
      details: sql`jsonb_build_object('reason', ${reason}::text)`,
    },
  ]
}

function evictionEvents(): EventSource[] {
  const details = sql`'{"reason":"evicted"}'`
  return [
    { type: 'session_ended', from: sql`from evicted`, userId: sql`user_id`, sessionId: sql`id`, details },
  ]
}

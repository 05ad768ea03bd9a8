import { type SQL, sql } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import type { EventType } from '../features.ts'
import { countFailure, failuresOf, MAX_CONSECUTIVE_FAILURES } from '../limits/queries.ts'
import type { Client } from '../net/client-address.ts'
import { recordEvents } from '../sql/events.ts'
import { type Budget, giveBack } from '../sql/limits.ts'
import { heldSession, insertSession, isLive, type NewSession } from '../sql/sessions.ts'
import { time } from '../sql/time.ts'
import { type Principal, type PrincipalRow, principalColumns, toPrincipal } from '../users/queries.ts'

export type SignIn = {
  /** The account whose password matched; `null` for a failed attempt, which opens nothing. */
  verified: { id: number; passwordHash: string; authVersion: number } | null
  /** The account that was meant; `null` if there is none. */
  attemptedId: number | null
  /** The account that the password was wrong for; 0: none. */
  wrongPasswordOf: number
  /** Why the attempt failed, as far as the password tells. */
  reason: string
  /** What the attempt spent, which a success gives back, and whether it is a known device's own. */
  budget: Budget
  byDevice: boolean
  /** The same password hashed with today's parameters; `null` to keep the hash. */
  upgradedHash: string | null
  session: NewSession
  now: Date
}

/** As many as the list of sessions shows: whoever has more devices loses the one they left alone for longest. */
export const MAX_SESSIONS = 100

/**
 * Completes a sign-in and opens its session in one statement: it counts only if the account is still enabled
 * and nothing of it was revoked since its password was verified, nor was it locked by then. An upgraded hash
 * replaces exactly the hash it was made from, so that of two parallel upgrades the second changes nothing.
 *
 * A failed attempt runs the same statement for nobody: the queries of all outcomes are the same.
 *
 * @returns the user, or `null` when the attempt failed or the account changed in between
 */
export async function completeSignIn(
  { db, client }: { db: Database; client: Client },
  { verified, attemptedId, wrongPasswordOf, reason, budget, byDevice, upgradedHash, session, now }: SignIn,
): Promise<Principal | null> {
  const signedIn = sql`exists (select from account)`
  const details = sql`jsonb_build_object('reason', ${reason}::text)`
  const who = { userId: sql`id`, actorId: sql`id`, sessionId: sql`${session.id}` }
  const { rows } = await db.execute<PrincipalRow>(sql`
    with account as (
      update users set
        last_login_at = ${time(now)},
        consecutive_failures = 0,
        password_hash = case when password_hash = ${verified?.passwordHash ?? ''}
          then coalesce(${upgradedHash}, password_hash) else password_hash end
      -- No user has the id 0: a constraint sees to it.
      where id = ${verified?.id ?? 0} and auth_version = ${verified?.authVersion ?? 0} and disabled_at is null
        and (${byDevice}::boolean or ${failuresOf(sql`users`, now)} < ${MAX_CONSECUTIVE_FAILURES})
      returning *
    ), failed as (
      ${countFailure({ userId: wrongPasswordOf, byDevice, now })}
    ), given_back as (
      ${giveBack(budget, signedIn, { forgets: byDevice })}
    ), opened as (
      ${insertSession(sql`account`, { session, client, now })}
    ), evicted as (
      update sessions set revoked_at = ${time(now)}, revoked_reason = 'evicted' where revoked_at is null and id in (
        select s.id from sessions s join account u on s.user_id = u.id where ${isLive({ now })}
        order by s.last_used_at desc, s.id offset ${MAX_SESSIONS - 1}
      ) returning id, user_id
    ), forgotten as (
      delete from sessions where id in (${endedSessions({ now })})
    ), recorded as (
      ${recordEvents({ client, now }, [
        { type: 'signed_in', from: sql`from account`, ...who },
        {
          type: 'hash_upgraded',
          from: sql`from account where password_hash = ${upgradedHash ?? ''}`,
          ...who,
        },
        {
          type: 'session_ended',
          from: sql`from evicted`,
          userId: sql`user_id`,
          sessionId: sql`id`,
          details: sql`'{"reason":"evicted"}'`,
        },
        {
          type: 'sign_in_failed',
          from: sql`where not ${signedIn}`,
          userId: sql`${attemptedId}`,
          details,
        },
      ])}
    )
    select ${principalColumns(sql`account`)} from account`)
  return rows[0] ? toPrincipal(rows[0]) : null
}

/**
 * How many sessions a user has rows of at most, live ones and a hundred ended ones: what people do with their sessions
 * must not take longer the more of them have ended.
 */
export const MAX_KEPT = 200

/** More than a sign-in adds, so that what is above the bound goes away. */
const FORGOTTEN_AT_ONCE = 10

/** The oldest ended sessions of the CTE `account` beyond those that are kept. No further row than it takes is read. */
function endedSessions({ now }: { now: Date }): SQL {
  return sql`
    select s.id from (
      select s.* from sessions s join account u on s.user_id = u.id
      order by s.created_at desc, s.id offset ${MAX_KEPT} limit ${MAX_SESSIONS + FORGOTTEN_AT_ONCE}
    ) s join account u on true where not ${isLive({ now })} limit ${FORGOTTEN_AT_ONCE}`
}

/** What presenting a refresh token led to. `none`: no such session, or it is not live. */
export type Refresh =
  | { outcome: 'none' | 'replayed' }
  | {
      outcome: 'rotated' | 'grace'
      generation: number
      idleExpiresAt: Date
      createdAt: Date
      user: Principal
    }

export type RefreshAttempt = {
  sessionId: string
  generation: number
  now: Date
  /** A token that was replaced after this is answered with the current one. */
  graceSince: Date
  /** The same for the direct predecessor of the current token, which nobody has presented yet. */
  unusedSince: Date
  /** When the session ends unless it is refreshed again; its absolute end still comes first. */
  idleExpiresAt: Date
}

/** More rotations than a browser's tabs can want within the grace; a token before them is a replay. */
const MAX_REPLACED = 16

/**
 * Decides about a refresh token and writes what it decides, in one statement. The row of the session is
 * locked first, so of any number of parallel uses one rotates and the others find the token replaced just
 * now. Whether a session is live is asked of the locked row and of the user's row together.
 *
 * `replaced_at` has the newest time first, so a token's own is as far down as its generation lies behind; beyond the
 * end of the array it is null, which is no grace.
 */
export async function refreshSession(
  { db, client }: { db: Database; client: Client },
  attempt: RefreshAttempt,
): Promise<Refresh> {
  const { sessionId, generation, now, graceSince, unusedSince, idleExpiresAt } = attempt
  const { rows } = await db.execute<PrincipalRow & RefreshRow>(sql`
    with held as (
      select s.id, s.user_id, s.generation, s.created_at, s.expires_at, s.idle_expires_at, s.replaced_at,
        s.generation = ${generation} as is_current,
        s.replaced_at[s.generation - ${generation}::integer] > ${time(graceSince)}
          or s.generation = ${generation}::integer + 1 and s.replaced_at[1] > ${time(unusedSince)} as is_grace
      from sessions s join users u on u.id = s.user_id
      where s.id = ${sessionId}::uuid and s.generation >= ${generation} and ${isLive({ now })}
      for update of s
    ), rotated as (
      update sessions s set
        generation = held.generation + 1, last_used_at = ${time(now)},
        replaced_at = ${time(now)} || case
          when held.replaced_at[1] > ${time(unusedSince)} then held.replaced_at[:${MAX_REPLACED - 1}::integer] end,
        idle_expires_at = least(${time(idleExpiresAt)}, held.expires_at)
      from held where s.id = held.id and held.is_current
      returning s.generation, s.idle_expires_at
    ), revoked as (
      update sessions s set revoked_at = ${time(now)}, revoked_reason = 'replayed'
      from held where s.id = held.id and not held.is_current and not coalesce(held.is_grace, false)
      returning s.id, s.user_id
    ), recorded as (
      ${recordEvents({ client, now }, [
        { type: 'refresh_token_replayed', from: sql`from revoked`, userId: sql`user_id`, sessionId: sql`id` },
      ])}
    )
    select
      case when is_current then 'rotated' when is_grace then 'grace' else 'replayed' end as outcome,
      coalesce(rotated.generation, held.generation) as generation,
      coalesce(rotated.idle_expires_at, held.idle_expires_at) as "idleExpiresAt",
      held.created_at as "sessionCreatedAt",
      ${principalColumns(sql`u`)}
    from held join users u on u.id = held.user_id left join rotated on true`)
  const [row] = rows
  if (row?.outcome === 'replayed') return { outcome: 'replayed' }
  // A row that says neither is no answer of this statement, and nobody's tokens are made from it.
  if (row?.outcome !== 'rotated' && row?.outcome !== 'grace') return { outcome: 'none' }
  return {
    outcome: row.outcome,
    generation: row.generation,
    idleExpiresAt: new Date(row.idleExpiresAt),
    createdAt: new Date(row.sessionCreatedAt),
    user: toPrincipal(row),
  }
}

type RefreshRow = {
  outcome: 'rotated' | 'grace' | 'replayed'
  generation: number
  idleExpiresAt: string
  sessionCreatedAt: string
}

export type Session = {
  id: string
  createdAt: Date
  lastUsedAt: Date
  /** The earlier of the idle and the absolute end. */
  expiresAt: Date
  ipAddress: string | null
  userAgent: string | null
}

type Whose = { userId: number; now: Date }

/** The live sessions of a user as `SessionRow`s, the last used first. */
export function liveSessions({ userId, now }: Whose): SQL {
  return sql`
    select s.id, s.created_at as "createdAt", s.last_used_at as "lastUsedAt",
      s.idle_expires_at as "expiresAt", s.ip_address as "ipAddress", s.user_agent as "userAgent"
    from users u join sessions s on s.user_id = u.id and ${isLive({ now })}
    where u.id = ${userId}
    order by s.last_used_at desc, s.id limit ${MAX_SESSIONS}`
}

/** The same as sessions; `null` where there is no such user. */
export async function listSessions(db: Database, whose: Whose): Promise<Session[] | null> {
  const { rows } = await db.execute<SessionRow | { id: null }>(sql`
    select live.* from users u left join (${liveSessions(whose)}) as live on true
    where u.id = ${whose.userId} order by live."lastUsedAt" desc, live.id`)
  if (rows.length === 0) return null
  return rows.filter((row) => row.id !== null).map(toSession)
}

type Times = 'createdAt' | 'lastUsedAt' | 'expiresAt'
export type SessionRow = Omit<Session, Times> & Record<Times, string>

export function toSession({ createdAt, lastUsedAt, expiresAt, ...row }: SessionRow): Session {
  const at = (text: string) => new Date(text)
  return { ...row, createdAt: at(createdAt), lastUsedAt: at(lastUsedAt), expiresAt: at(expiresAt) }
}

/** How a person ended a session, as its row and the event put it. */
const ENDINGS = {
  signed_out: 'signed_out',
  session_ended: 'ended',
} as const satisfies Partial<Record<EventType, string>>

/** `userId`: whose it must be; absent where a token of the session is proof enough. */
type Ending = { sessionId: string; userId?: number; now: Date; type: keyof typeof ENDINGS }

/**
 * Ends one session.
 *
 * @returns whether a session ended
 */
export async function endSession(
  { db, client }: { db: Database; client: Client },
  { sessionId, userId, now, type }: Ending,
): Promise<boolean> {
  const owned = userId === undefined ? sql`true` : sql`s.user_id = ${userId}`
  const { rows } = await db.execute(sql`
    with ended as (
      update sessions s set revoked_at = ${time(now)}, revoked_reason = ${ENDINGS[type]}
      from users u where u.id = s.user_id and s.id = ${sessionId}::uuid and ${owned} and ${isLive({ now })}
      returning s.id, s.user_id
    ), recorded as (
      ${recordEvents({ client, now }, [
        { type, from: sql`from ended`, userId: sql`user_id`, actorId: sql`user_id`, sessionId: sql`id` },
      ])}
    )
    select id from ended`)
  return rows.length > 0
}

/**
 * Ends every session of a user, the caller's own excepted if asked for: the number that the others carry is
 * past. It counts only if the caller's session is live when both rows are locked: a request that was under
 * way when its session ended must neither bring that back nor end the sessions of others. Where there is no other
 * session to end, nothing is put on record; a sign-in that is under way comes to nothing all the same.
 *
 * @returns whether it counted
 */
export async function endAllSessions(
  { db, client }: { db: Database; client: Client },
  { keepCurrent, ...caller }: { userId: number; sessionId: string; keepCurrent: boolean; now: Date },
): Promise<boolean> {
  const { rows } = await db.execute(sql`
    with held as (${heldSession(caller)}), others as (
      select from sessions s join users u on u.id = s.user_id join held on held.user_id = u.id
      where ${isLive(caller)} and (not ${keepCurrent}::boolean or s.id <> held.session_id) limit 1
    ), raised as (
      update users u set auth_version = u.auth_version + 1 from held where u.id = held.user_id
      returning u.auth_version
    ), kept as (
      update sessions s set auth_version = raised.auth_version from raised, held
      where s.id = held.session_id and ${keepCurrent}::boolean
    ), recorded as (
      ${recordEvents({ client, now: caller.now }, [
        {
          type: 'session_ended',
          from: sql`from held, others`,
          userId: sql`user_id`,
          actorId: sql`user_id`,
          sessionId: sql`session_id`,
          details: sql`jsonb_build_object('sessions', ${keepCurrent ? 'others' : 'all'}::text)`,
        },
      ])}
    )
    select 1 from held`)
  return rows.length > 0
}

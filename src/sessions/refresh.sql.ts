import type { SQL } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import { run } from '../db/run.ts'
import type { Client } from '../net/client-address.ts'
import { recordEvents } from '../sql/events.ts'
import { assignments, columnsOf, statement } from '../sql/parts.ts'
import { isLive } from '../sql/sessions.ts'
import { sql } from '../sql/template.ts'
import { time } from '../sql/time.ts'
import { type Principal, principalFields } from '../sql/users.ts'
import { users } from '../users/schema.ts'
import { sessions } from './schema.ts'

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

/**
 * As many rotations as `LIMIT_REFRESH_SESSION` allows a minute by default; a token before them is a replay.
 */
const MAX_REPLACED = 64

const s = columnsOf(sessions, 's')
const u = columnsOf(users, 'u')
/** The session as it was before, its row locked. */
const locked = columnsOf(sessions, 'locked')
const rotated = columnsOf(sessions, 'rotated')

/**
 * Decides about a refresh token and writes what it decides, in one statement. The row of the session is
 * locked first, so of any number of parallel uses one rotates and the others find the token replaced just
 * now. Whether the session is live is asked of the locked row and of the user's row together.
 */
export async function rotateSession(
  { db, client }: { db: Database; client: Client },
  attempt: RefreshAttempt,
): Promise<Refresh> {
  const { now } = attempt
  const refresh = statement(
    {
      locked: lockSession(attempt),
      rotated: rotate(attempt),
      revoked: revokeReplayed(now),
      recorded: recordEvents({ client, now }, [
        { type: 'refresh_token_replayed', from: sql`from revoked`, userId: sql`user_id`, sessionId: sql`id` },
      ]),
    },
    {
      fields: REFRESHED,
      from: sql`from locked join ${users} u on ${u.id} = ${locked.userId} left join rotated on true`,
    },
  )
  const [row] = await run(db, refresh)
  return toRefresh(row)
}

const REFRESHED = {
  outcome: sql<string>`case when is_current then 'rotated' when is_grace then 'grace' else 'replayed' end`,
  generation: sql<number>`coalesce(${rotated.generation}, ${locked.generation})`,
  idleExpiresAt: sql`coalesce(${rotated.idleExpiresAt}, ${locked.idleExpiresAt})`.mapWith(
    sessions.idleExpiresAt,
  ),
  sessionCreatedAt: locked.createdAt,
  ...principalFields(u),
}

type RefreshRow = Principal &
  Record<'idleExpiresAt' | 'sessionCreatedAt', Date> &
  Record<'generation', number>

function toRefresh(row: (RefreshRow & { outcome: string }) | undefined): Refresh {
  if (row?.outcome === 'replayed') return { outcome: 'replayed' }
  // A row that says neither is no answer of this statement, and nobody's tokens are made from it.
  if (row?.outcome !== 'rotated' && row?.outcome !== 'grace') return { outcome: 'none' }
  const { outcome, generation, idleExpiresAt, sessionCreatedAt: createdAt, ...user } = row
  return { outcome, generation, idleExpiresAt, createdAt, user }
}

/**
 * The part `locked`: the live session with its row locked, whether the token is its current one
 * (`is_current`), and whether it may still be answered (`is_grace`).
 *
 * `replaced_at` has the newest time first, so a token's own is as far down as its generation lies behind;
 * beyond the end of the array it is null, which is no grace.
 */
function lockSession({ sessionId, generation, now, graceSince, unusedSince }: RefreshAttempt): SQL {
  return sql`
    select s.*, ${s.generation} = ${generation} as is_current,
      ${s.replacedAt}[${s.generation} - ${generation}::integer] > ${time(graceSince)}
        or ${s.generation} = ${generation}::integer + 1 and ${s.replacedAt}[1] > ${time(unusedSince)} as is_grace
    from ${sessions} s join ${users} u on ${u.id} = ${s.userId}
    where ${s.id} = ${sessionId}::uuid and ${s.generation} >= ${generation} and ${isLive({ session: s, user: u, now })}
    for update of s`
}

/** The part `rotated`, beside `locked`: the next generation, if the token is the current one. */
function rotate({ now, unusedSince, idleExpiresAt }: RefreshAttempt): SQL {
  const next = assignments(sessions, {
    generation: sql`${locked.generation} + 1`,
    lastUsedAt: time(now),
    replacedAt: sql`${time(now)} || case when ${locked.replacedAt}[1] > ${time(unusedSince)}
      then ${locked.replacedAt}[:${MAX_REPLACED - 1}::integer] end`,
    idleExpiresAt: sql`least(${time(idleExpiresAt)}, ${locked.expiresAt})`,
  })
  return sql`
    update ${sessions} s set ${next} from locked where ${s.id} = ${locked.id} and locked.is_current
    returning ${s.generation}, ${s.idleExpiresAt}`
}

/** The part `revoked`, beside `locked`: a token that is neither current nor within the grace is a copy. */
function revokeReplayed(now: Date): SQL {
  const revoked = assignments(sessions, { revokedAt: time(now), revokedReason: 'replayed' })
  return sql`
    update ${sessions} s set ${revoked} from locked
    where ${s.id} = ${locked.id} and not locked.is_current and not coalesce(locked.is_grace, false)
    returning ${s.id}, ${s.userId}`
}

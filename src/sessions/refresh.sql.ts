import type { SQL } from 'drizzle-orm'
import { run } from '../db/run.ts'
import type { Delivery, Deps, Mailing } from '../deps.ts'
import type { Client } from '../net/client-address.ts'
import { recordEvents } from '../sql/events.ts'
import { queueMails } from '../sql/mails.ts'
import { DELIVERIES } from '../sql/outbox.ts'
import { assignments, buildOnce, columnsOf, type Placeholders, type Row, statement } from '../sql/parts.ts'
import { isLive } from '../sql/sessions.ts'
import { sql } from '../sql/template.ts'
import { time } from '../sql/time.ts'
import { type Principal, principalFields } from '../sql/users.ts'
import { users } from '../users/schema.ts'
import { sessions } from './schema.ts'

/** The outcome of a refresh. `none`: the session does not exist or is not live. */
export type Refresh =
  | { outcome: 'none' }
  | { outcome: 'replayed'; deliveries: Delivery[] }
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
  /** The same for the direct predecessor of the current token, if the current one was never presented. */
  unusedSince: Date
  /** When the session ends unless it is refreshed again; its absolute end still comes first. */
  idleExpiresAt: Date
}

/**
 * How many replaced tokens are remembered: more than the 60 rotations a minute that `LIMIT_REFRESH_SESSION`
 * allows by default. An older token is a replay.
 */
const MAX_REPLACED = 64

const s = columnsOf(sessions, 's')
const u = columnsOf(users, 'u')
const locked = columnsOf(sessions, 'locked')
const rotated = columnsOf(sessions, 'rotated')

const REFRESHED = {
  outcome: sql<string>`
    case when is_current then 'rotated' when is_grace then 'grace' else 'replayed' end`,
  generation: sql<number>`coalesce(${rotated.generation}, ${locked.generation})`,
  idleExpiresAt: sql`coalesce(${rotated.idleExpiresAt}, ${locked.idleExpiresAt})`.mapWith(
    sessions.idleExpiresAt,
  ),
  sessionCreatedAt: locked.createdAt,
  deliveries: DELIVERIES,
  ...principalFields(u),
}

/**
 * Decides about a refresh token and writes the decision, in one statement. It locks the session's row first:
 * of parallel uses one rotates, and the others find that the token was just replaced. A session that ends
 * while we wait for its lock is not refreshed, since PostgreSQL checks `isLive` again on the locked row.
 */
export async function rotateSession(
  { db, client, mailing }: Pick<Deps, 'db' | 'client' | 'mailing'>,
  attempt: RefreshAttempt,
): Promise<Refresh> {
  const { address, userAgent, language } = client
  const [row] = await run(db, refresh({ ...attempt, ...mailing, address, userAgent, language }))
  return toRefresh(row)
}

type Attempt = Placeholders<RefreshAttempt & Mailing & Pick<Client, 'address' | 'userAgent' | 'language'>>

const refresh = buildOnce((attempt: Attempt) =>
  statement(
    {
      locked: lockSession(attempt),
      rotated: rotate(attempt),
      revoked: revokeReplayed(attempt),
      queued: queueMails({ mailing: attempt, client: attempt, now: attempt.now }, [
        {
          message: 'session_replayed',
          from: sql`from ${users} u join revoked on ${u.id} = revoked.user_id`,
          user: u,
        },
      ]),
      recorded: recordEvents({ client: attempt, now: attempt.now }, [
        { type: 'refresh_token_replayed', from: sql`from revoked`, userId: sql`user_id`, sessionId: sql`id` },
      ]),
    },
    {
      fields: REFRESHED,
      from: sql`from locked join ${users} u on ${u.id} = ${locked.userId} left join rotated on true`,
    },
  ),
)

function toRefresh(row: Row<typeof REFRESHED> | undefined): Refresh {
  if (row?.outcome === 'replayed') return { outcome: 'replayed', deliveries: row.deliveries }
  // This statement has no other outcome: a response with one is faulty, and no tokens are issued for it.
  if (row?.outcome !== 'rotated' && row?.outcome !== 'grace') return { outcome: 'none' }
  const { outcome, generation, idleExpiresAt, sessionCreatedAt: createdAt, deliveries: _, ...user } = row
  return { outcome, generation, idleExpiresAt, createdAt, user }
}

/**
 * The part `locked`: the live session, its row locked, with `is_current` (the token is the current one) and
 * `is_grace` (it was replaced so recently that it is answered with the current one).
 *
 * `replaced_at` begins with the newest time, so a token n generations old was replaced at `replaced_at[n]`.
 * Beyond the array's end that is null, which counts as no grace.
 */
function lockSession({ sessionId, generation, now, graceSince, unusedSince }: Attempt): SQL {
  return sql`
    select s.*, ${s.generation} = ${generation} as is_current,
      ${s.replacedAt}[${s.generation} - ${generation}::integer] > ${time(graceSince)}
        or ${s.generation} = ${generation}::integer + 1
          and ${s.replacedAt}[1] > ${time(unusedSince)} as is_grace
    from ${sessions} s join ${users} u on ${u.id} = ${s.userId}
    where ${s.id} = ${sessionId}::uuid and ${s.generation} >= ${generation}
      and ${isLive({ session: s, user: u, now })}
    for update of s`
}

/** The part `rotated`, beside `locked`: the next generation, if the token is the current one. */
function rotate({ now, unusedSince, idleExpiresAt }: Attempt): SQL {
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

/** The part `revoked`, beside `locked`: ends the session if the token is neither current nor in grace. */
function revokeReplayed({ now }: Attempt): SQL {
  const revoked = assignments(sessions, { revokedAt: time(now), revokedReason: 'replayed' })
  return sql`
    update ${sessions} s set ${revoked} from locked
    where ${s.id} = ${locked.id} and not locked.is_current and not coalesce(locked.is_grace, false)
    returning ${s.id}, ${s.userId}`
}

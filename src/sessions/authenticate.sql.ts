import type { Database } from '../db/client.ts'
import { run } from '../db/run.ts'
import type { Client } from '../net/client-address.ts'
import { recordEvents } from '../sql/events.ts'
import { type Bucket, reportOnce, spendInTurn } from '../sql/limits.ts'
import { columnsOf, type Fields, fieldsOf, type Row, selection, statement } from '../sql/parts.ts'
import { fromLiveSession, type OwnSession } from '../sql/sessions.ts'
import { sql } from '../sql/template.ts'
import { type Principal, principalFields, type User, userFields } from '../sql/users.ts'
import { users } from '../users/schema.ts'

/** A limit, by the name that events give it, and the bucket of it that a request spends from. */
export type Counted = { limit: string; bucket: Bucket }

type Finding = OwnSession & { spends: Counted | null }
type Reading = { db: Database; client: Client }

/** The signed-in user; whether the bucket had an attempt left, and if not, the seconds until it has one. */
export type Found<Who> = { who: Who; allowed: boolean; secondsToWait: number | null }

const u = columnsOf(users, 'u')
const USER = userFields(u)
const PRINCIPAL = principalFields(u)

/**
 * Finds the user of a live session, as stored now, and spends from the bucket if one is given.
 *
 * @returns `null` if the session is not live, or not the user's
 */
export function findUser(deps: Reading, finding: Finding): Promise<Found<User> | null> {
  return findSignedIn(deps, finding, USER)
}

/** The same, with the permissions of the user's roles: two more joins to plan. */
export function findPrincipal(deps: Reading, finding: Finding): Promise<Found<Principal> | null> {
  return findSignedIn(deps, finding, PRINCIPAL)
}

async function findSignedIn<F extends Fields>(
  { db, client }: Reading,
  { spends, ...session }: Finding,
  fields: F,
): Promise<Found<Row<F>> | null> {
  if (!spends) {
    const [who] = await run(db, statement({}, { fields, from: fromLiveSession(session) }))
    return who ? { who, allowed: true, secondsToWait: null } : null
  }
  const rows = await run(db, buildCounted(client, { spends, ...session }, fields))
  // For a generic `F`, TypeScript can't compute the type of its row together with the other two fields.
  const [row] = rows as (Row<F> & { allowed: boolean; secondsToWait: number | null })[]
  return row ? { who: row, allowed: row.allowed === true, secondsToWait: row.secondsToWait } : null
}

/**
 * Spends only if the part `found` has a row: a token of a session that has ended must not use up the
 * account's bucket.
 */
function buildCounted<F extends Fields>(
  client: Client,
  { spends, ...session }: OwnSession & { spends: Counted },
  fields: F,
) {
  const { now, sessionId } = session
  const bucket = spendInTurn([spends.bucket], { name: 'bucket', from: sql`from found`, now })
  const userId = sql`found.id`
  const limited = {
    type: 'limited',
    from: sql`from reported, found`,
    userId,
    actorId: userId,
    sessionId: sql`${sessionId}`,
    details: sql`jsonb_build_object('limit', ${spends.limit}::text)`,
  } as const
  return statement(
    {
      found: sql`select ${selection(fields)} ${fromLiveSession(session)}`,
      ...bucket.parts,
      refused: bucket.refusal,
      reported: reportOnce({ refused: sql`refused`, now }),
      recorded: recordEvents({ client, now }, [limited]),
    },
    {
      fields: {
        ...fieldsOf('found', fields),
        allowed: sql<boolean>`${bucket.passed}`,
        secondsToWait: sql<number | null>`(select wait from refused)`,
      },
      from: sql`from found`,
    },
  )
}

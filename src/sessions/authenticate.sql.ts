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

/** What a request spends in the query that finds whose it is. */
export type Counted = { limit: string; bucket: Bucket }

type Finding = OwnSession & { spends: Counted | null }
type Reading = { db: Database; client: Client }

/** Who is signed in, and whether there was something left to spend. */
export type Found<Who> = { who: Who; allowed: boolean; secondsToWait: number | null }

const u = columnsOf(users, 'u')
const USER = userFields(u)
const PRINCIPAL = principalFields(u)

/** The user of a live session, as stored now; `null` if session and user don't belong together. */
export function findUser(deps: Reading, finding: Finding): Promise<Found<User> | null> {
  return findSigned(deps, finding, USER)
}

/** The same with what their roles permit, which is two joins more to plan. */
export function findPrincipal(deps: Reading, finding: Finding): Promise<Found<Principal> | null> {
  return findSigned(deps, finding, PRINCIPAL)
}

async function findSigned<F extends Fields>(
  { db, client }: Reading,
  { spends, ...session }: Finding,
  fields: F,
): Promise<Found<Row<F>> | null> {
  if (!spends) {
    const [who] = await run(db, statement({}, { fields, from: fromLiveSession(session) }))
    return who ? { who, allowed: true, secondsToWait: null } : null
  }
  const rows = await run(db, countedStatement(client, { spends, ...session }, fields))
  // The compiler can't tell the fields of `F` from the other two.
  const [row] = rows as (Row<F> & { allowed: boolean; secondsToWait: number | null })[]
  return row ? { who: row, allowed: row.allowed === true, secondsToWait: row.secondsToWait } : null
}

/** Only who is signed in spends: a token of a session that has ended takes nothing from the account. */
function countedStatement<F extends Fields>(
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

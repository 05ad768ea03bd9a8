import { run } from '../db/run.ts'
import type { Deps } from '../deps.ts'
import { recordEvents } from '../sql/events.ts'
import { consumeTokens, lockToken, ofToken, token } from '../sql/one-time-tokens.ts'
import { assignments, columnsOf, statement } from '../sql/parts.ts'
import { sql } from '../sql/template.ts'
import { time } from '../sql/time.ts'
import { users } from '../users/schema.ts'

const u = columnsOf(users, 'u')
const changed = columnsOf(users, 'changed')

/**
 * Consumes the token and marks its address as verified, if it is still the account's.
 *
 * @returns whether the token could be used
 */
export async function verifyAddress(
  { db, client }: Pick<Deps, 'db' | 'client'>,
  { id, now }: { id: string; now: Date },
): Promise<boolean> {
  const isOwn = sql`lower(${ofToken.user.email}) = lower(${ofToken.token.email})`
  const values = { emailVerifiedAt: time(now), updatedAt: time(now) }
  const verification = statement(
    {
      token: lockToken({ id, purpose: 'email_verification', now }, { when: isOwn }),
      consumed: consumeTokens(now),
      changed: sql`
        update ${users} u set ${assignments(users, values)} from token where ${u.id} = ${token.userId}
        returning u.*`,
      recorded: recordEvents({ client, now }, [
        { type: 'email_verified', from: sql`from changed`, userId: changed.id },
      ]),
    },
    { fields: { id: changed.id }, from: sql`from changed` },
  )
  const rows = await run(db, verification)
  return rows.length > 0
}

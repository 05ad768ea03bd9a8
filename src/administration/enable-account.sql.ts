import type { SQL } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import { run } from '../db/run.ts'
import type { Client } from '../net/client-address.ts'
import { subject } from '../sql/authority.ts'
import { recordEvents } from '../sql/events.ts'
import { NO_FAILURES } from '../sql/lockout.ts'
import { assignments, columnsOf, statement } from '../sql/parts.ts'
import { sql } from '../sql/template.ts'
import { time } from '../sql/time.ts'
import { users } from '../users/schema.ts'

const u = columnsOf(users, 'u')

export type Enabled = { userId: number; isChanged: boolean; hasPassword: boolean }

/** Conditions of the part `subject`, the account before the change. */
const isDisabled = sql`${subject.disabledAt} is not null`
const hasFailures = sql`${subject.consecutiveFailures} > 0`

/**
 * Enables an account and forgets its wrong passwords, without an actor; `null` if no account has the address.
 */
export async function enableUser(
  { db, client }: { db: Database; client: Client },
  { email, now }: { email: string; now: Date },
): Promise<Enabled | null> {
  const about = { userId: subject.id }
  const enabling = statement(
    {
      subject: sql`select u.* from ${users} u where lower(${u.email}) = ${email} for no key update`,
      changed: changeSubject(now),
      recorded: recordEvents({ client, now }, [
        { ...about, type: 'account_enabled', from: sql`from subject where ${isDisabled}` },
        { ...about, type: 'account_unlocked', from: sql`from subject where ${hasFailures}` },
      ]),
    },
    {
      fields: {
        userId: subject.id,
        isChanged: sql<boolean>`exists (select from changed)`,
        hasPassword: sql<boolean>`${subject.passwordHash} is not null`,
      },
      from: sql`from subject`,
    },
  )
  const [row] = await run(db, enabling)
  return row ?? null
}

/** The part `changed`: a row if the account of `subject` was disabled or had failures. */
function changeSubject(now: Date): SQL {
  const values = { disabledAt: null, disabledReason: null, ...NO_FAILURES, updatedAt: time(now) }
  return sql`
    update ${users} u set ${assignments(users, values)}
    from subject where ${u.id} = ${subject.id} and (${isDisabled} or ${hasFailures})
    returning ${u.id}`
}

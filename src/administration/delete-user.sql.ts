import type { Database } from '../db/client.ts'
import { runAfter } from '../db/run.ts'
import type { Client } from '../net/client-address.ts'
import {
  type ActOnUser,
  ADMINISTRATION_LOCK,
  decideAboutUser,
  eventOfActor,
  isDone,
  isLastAdmin,
  outcome,
  type Refusal,
  subject,
} from '../sql/authority.ts'
import { recordEvents } from '../sql/events.ts'
import { columnsOf, statement } from '../sql/parts.ts'
import { sql } from '../sql/template.ts'
import { users } from '../users/schema.ts'

type UserDeleted = 'done' | Refusal | 'last_admin'

const u = columnsOf(users, 'u')

/** Deletes an account with everything that belongs to it; its events stay as long as any others. */
export async function deleteUserById(
  { db, client }: { db: Database; client: Client },
  act: ActOnUser,
): Promise<UserDeleted> {
  const deletion = statement(
    {
      ...decideAboutUser(act, { refusals: sql`when ${isLastAdmin(subject)} then 'last_admin'` }),
      deleted: sql`delete from ${users} u using decision where ${u.id} = ${act.userId} and ${isDone}`,
      recorded: recordEvents({ client, now: act.now }, [
        eventOfActor('account_deleted', { when: sql`decision where ${isDone}` }),
      ]),
    },
    { fields: { outcome: sql<UserDeleted>`${outcome}` }, from: sql`from decision` },
  )
  const [row] = await runAfter(db, ADMINISTRATION_LOCK, deletion)
  return row?.outcome ?? 'ended'
}

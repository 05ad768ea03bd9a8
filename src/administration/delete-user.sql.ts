import { runAfter } from '../db/run.ts'
import type { Delivery, Deps } from '../deps.ts'
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
import { queueMails } from '../sql/mails.ts'
import { DELIVERIES } from '../sql/outbox.ts'
import { columnsOf, statement } from '../sql/parts.ts'
import { sql } from '../sql/template.ts'
import { users } from '../users/schema.ts'

type UserDeleted = 'done' | Refusal | 'last_admin'

const u = columnsOf(users, 'u')

/** Deletes an account with everything that belongs to it; its events stay as long as any others. */
export async function deleteUserById(
  { db, client, mailing }: Pick<Deps, 'db' | 'client' | 'mailing'>,
  act: ActOnUser,
): Promise<{ outcome: UserDeleted; deliveries: Delivery[] }> {
  const deletion = statement(
    {
      ...decideAboutUser(act, { refusals: sql`when ${isLastAdmin(subject)} then 'last_admin'` }),
      deleted: sql`delete from ${users} u using decision where ${u.id} = ${act.userId} and ${isDone}`,
      queued: queueMails({ mailing, client, now: act.now }, [
        {
          message: 'account_deleted',
          from: sql`from subject, decision where ${isDone}`,
          user: subject,
          showsClient: false,
        },
      ]),
      recorded: recordEvents({ client, now: act.now }, [
        eventOfActor('account_deleted', { when: sql`decision where ${isDone}` }),
      ]),
    },
    {
      fields: { outcome: sql<UserDeleted>`${outcome}`, deliveries: DELIVERIES },
      from: sql`from decision`,
    },
  )
  const [row] = await runAfter(db, ADMINISTRATION_LOCK, deletion)
  return row ?? { outcome: 'ended', deliveries: [] }
}

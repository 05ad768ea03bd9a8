import type { Deps } from '../deps.ts'
import { toMail } from './compose.ts'
import type { MailboxItem } from './message.ts'
import { selectMails } from './queries.ts'

/**
 * The mails of a deployment on loopback, newest first. They are composed when they are read, since no link is
 * stored.
 */
export async function readMailbox(
  { db, composeMail }: Pick<Deps, 'db' | 'composeMail'>,
  { to }: { to: string | null },
): Promise<MailboxItem[]> {
  const mails = await selectMails(db, { to: to?.toLowerCase() ?? null })
  return await Promise.all(
    mails.map(async ({ id, name, recipient, payload, createdAt }) => {
      const mail = toMail(name, payload)
      return { id, to: recipient, kind: name, createdAt, ...(await composeMail(mail)) }
    }),
  )
}

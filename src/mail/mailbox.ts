import type { Deps } from '../deps.ts'
import { deleteMails, selectMails } from './mailbox.sql.ts'
import type { MailboxItem, MailPayload } from './message.ts'

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
    mails.map(async ({ id, payload, createdAt }) => {
      const mail = payload as unknown as MailPayload
      return { id, to: mail.to, kind: mail.message, createdAt, ...(await composeMail(mail)) }
    }),
  )
}

export async function emptyMailbox({ db }: Pick<Deps, 'db'>): Promise<void> {
  await deleteMails(db)
}

import type { Deps } from '../deps.ts'
import { deleteMails } from './queries.ts'

/** Deletes all mails of the mailbox of development. */
export async function emptyMailbox({ db }: Pick<Deps, 'db'>): Promise<void> {
  await deleteMails(db)
}

import type { Deps } from '../deps.ts'
import { refusalError } from '../roles/refusal-error.ts'
import type { User } from '../sql/users.ts'
import { takenError } from '../users/taken-error.ts'
import { insertAccount, type NewAccount } from './create-user.sql.ts'

type Creation = Pick<NewAccount, 'actor' | 'email'> & { username?: string | null; fullName?: string | null }

/**
 * Creates somebody's account. It has no password: nobody can sign in to it until its owner has set one, by
 * the link in the mail that invites them.
 *
 * @throws AppError `email_taken` or `username_taken`, with the pointer; `forbidden` if the caller lost the
 *   permission, or lacks one that the default role has; `invalid_token` if the caller's session has ended
 */
export async function createUser(
  deps: Pick<Deps, 'db' | 'clock' | 'client' | 'mailing' | 'deliverLater'>,
  { username = null, fullName = null, ...creation }: Creation,
): Promise<User> {
  const created = await insertAccount(deps, { ...creation, username, fullName, now: deps.clock() })
  if (typeof created !== 'string') {
    deps.deliverLater(created.deliveries)
    return created.user
  }
  if (created === 'email' || created === 'username') throw takenError(created)
  throw refusalError(created)
}

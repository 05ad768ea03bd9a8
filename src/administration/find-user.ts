import type { Deps } from '../deps.ts'
import { makeRecordBucket } from '../limits/make-buckets.ts'
import { refusalError } from '../roles/refusal-error.ts'
import type { AdminUser } from '../sql/admin-users.ts'
import type { Actor } from '../sql/authority.ts'
import type { Session } from '../sql/sessions.ts'
import { selectUser, selectUserSessions } from './find-user.sql.ts'

type ReadDeps = Pick<Deps, 'db' | 'clock' | 'client' | 'limitKeys'>
type About = { actor: Actor; userId: number }

/**
 * Reads an account, whatever its owner may do, and records that it was read.
 *
 * @throws AppError `not_found`; `forbidden` if the caller lost the permission; `invalid_token` if their
 *   session has ended
 */
export async function findUser(deps: ReadDeps, about: About): Promise<AdminUser> {
  const found = await selectUser(deps, await toReading(deps, 'account', about))
  if (typeof found === 'string') throw refusalError(found)
  return found
}

/**
 * Lists where somebody is signed in, the last used session first, and records that it was read.
 *
 * @throws AppError `not_found`; `forbidden` if the caller lost the permission, or the other user may do more;
 *   `invalid_token` if the caller's session has ended
 */
export async function findUserSessions(deps: ReadDeps, about: About): Promise<Session[]> {
  const found = await selectUserSessions(deps, await toReading(deps, 'sessions', about))
  if (typeof found === 'string') throw refusalError(found)
  return found
}

async function toReading(deps: ReadDeps, data: 'account' | 'sessions', { actor, userId }: About) {
  const bucket = await makeRecordBucket(deps, 'read', `${actor.userId} ${data} ${userId}`)
  return { actor, userId, bucket, now: deps.clock() }
}

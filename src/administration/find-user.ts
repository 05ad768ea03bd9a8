import type { Deps } from '../deps.ts'
import { recordBudget } from '../limits/budgets.ts'
import { refused } from '../roles/refused.ts'
import type { Session } from '../sessions/queries.ts'
import type { Actor } from '../sql/authority.ts'
import type { AdminUser } from './queries.ts'
import { findUser as find, listUserSessions } from './reads.sql.ts'

type ReadDeps = Pick<Deps, 'db' | 'clock' | 'client' | 'limitKeys'>
type About = { actor: Actor; userId: number }

/**
 * Reads an account, whatever its owner may do, and puts on record that it was read.
 *
 * @throws AppError `not_found`; `forbidden` or `invalid_token` where the caller may no more, or their session ended
 *   meanwhile
 */
export async function findUser(deps: ReadDeps, about: About): Promise<AdminUser> {
  const found = await find(deps, await toReading(deps, 'account', about))
  if (typeof found === 'string') throw refused(found)
  return found
}

/**
 * Where somebody is signed in, the last used first; that it was read is put on record.
 *
 * @throws AppError `not_found`; `forbidden` for somebody who may do what the caller may not, and where the caller may
 *   no more; `invalid_token` where the caller's session ended meanwhile
 */
export async function findUserSessions(deps: ReadDeps, about: About): Promise<Session[]> {
  const found = await listUserSessions(deps, await toReading(deps, 'sessions', about))
  if (typeof found === 'string') throw refused(found)
  return found
}

async function toReading(deps: ReadDeps, data: 'account' | 'sessions', { actor, userId }: About) {
  const budget = await recordBudget(deps, 'read', `${actor.userId} ${data} ${userId}`)
  return { actor, userId, budget, now: deps.clock() }
}

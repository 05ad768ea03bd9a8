import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { listSessions, type Session } from '../sessions/queries.ts'
import { type AdminUser, findUser as find } from './queries.ts'

/** @throws AppError `not_found` */
export async function findUser({ db }: Pick<Deps, 'db'>, userId: number): Promise<AdminUser> {
  const user = await find(db, userId)
  if (!user) throw new AppError('not_found')
  return user
}

/**
 * Where somebody is signed in, the last used first.
 *
 * @throws AppError `not_found`
 */
export async function findUserSessions(
  { db, clock }: Pick<Deps, 'db' | 'clock'>,
  userId: number,
): Promise<Session[]> {
  const sessions = await listSessions(db, { userId, now: clock() })
  if (!sessions) throw new AppError('not_found')
  return sessions
}

import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { refused } from '../roles/refused.ts'
import type { Actor } from '../sql/authority.ts'
import { type AdminUser, setUserRoles } from './queries.ts'

export type Assignment = { actor: Actor; userId: number; roles: readonly string[] }

/**
 * Gives somebody exactly these roles, from their next request on. Their tokens say it when they are refreshed.
 *
 * @throws AppError `not_found`; `validation_failed` with the pointers of roles that don't exist; `last_admin`;
 *   `forbidden` for a permission that the caller does not hold, whether it would be given or is theirs already;
 *   `invalid_token` where the caller's session ended meanwhile
 */
export async function assignRoles(
  deps: Pick<Deps, 'db' | 'clock' | 'client'>,
  { roles, ...act }: Assignment,
): Promise<AdminUser> {
  const outcome = await setUserRoles(deps, { ...act, roles: [...new Set(roles)], now: deps.clock() })
  if (outcome.outcome === 'done') return outcome.result
  if (outcome.outcome === 'unknown_roles') throw noSuchRoles(roles, outcome.unknown)
  throw refused(outcome.outcome)
}

function noSuchRoles(roles: readonly string[], unknown: readonly string[]): AppError {
  const detail = 'is not a role'
  const errors = unknown.map((name) => ({
    pointer: `/roles/${roles.indexOf(name)}`,
    code: 'invalid_value',
    detail,
  }))
  return new AppError('validation_failed', {
    detail: `roles.${roles.indexOf(unknown[0] ?? '')}: ${detail}`,
    errors,
  })
}

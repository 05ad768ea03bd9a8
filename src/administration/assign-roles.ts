import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { refusalError } from '../roles/refusal-error.ts'
import type { AdminUser } from '../sql/admin-users.ts'
import type { Actor } from '../sql/authority.ts'
import { replaceUserRoles } from './assign-roles.sql.ts'

export type Assignment = { actor: Actor; userId: number; roles: readonly string[] }

/**
 * Gives somebody exactly these roles, from their next request on. Their tokens have the new roles when they
 * are refreshed.
 *
 * @throws AppError `not_found`; `validation_failed` with the pointers of roles that don't exist;
 *   `last_admin`; `forbidden` for a permission that the caller lacks, whether the roles have it or the user
 *   had it before; `invalid_token` if the caller's session has ended
 */
export async function assignRoles(
  deps: Pick<Deps, 'db' | 'clock' | 'client'>,
  { roles, ...act }: Assignment,
): Promise<AdminUser> {
  const replaced = await replaceUserRoles(deps, { ...act, roles: [...new Set(roles)], now: deps.clock() })
  if (typeof replaced === 'string') throw refusalError(replaced)
  if ('unknownRoles' in replaced) throw unknownRolesError(roles, replaced.unknownRoles)
  return replaced
}

function unknownRolesError(roles: readonly string[], unknown: readonly string[]): AppError {
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

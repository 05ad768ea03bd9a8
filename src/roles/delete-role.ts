import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { Actor } from '../sql/authority.ts'
import { deleteUnusedRole } from './delete-role.sql.ts'
import { refusalError } from './refusal-error.ts'
import { ROLE_NAME } from './schema.ts'

/**
 * Deletes a role that nobody has.
 *
 * @throws AppError `role_in_use` if somebody has it or it is built in; `not_found`; `forbidden` if it has a
 *   permission that the caller lacks; `invalid_token` if the caller's session has ended
 */
export async function deleteRole(
  deps: Pick<Deps, 'db' | 'clock' | 'client'>,
  { actor, name }: { actor: Actor; name: string },
): Promise<void> {
  if (!ROLE_NAME.test(name)) throw new AppError('not_found')
  const outcome = await deleteUnusedRole(deps, { actor, name, now: deps.clock() })
  if (outcome === 'in_use') throw new AppError('role_in_use')
  if (outcome === 'built_in') throw new AppError('role_in_use', { detail: 'This role is built in.' })
  if (outcome !== 'deleted') throw refusalError(outcome)
}

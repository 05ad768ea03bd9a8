import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { Actor } from '../sql/authority.ts'
import { ROLE_NAME } from './names.ts'
import { deleteRole as remove } from './queries.ts'
import { refused } from './refused.ts'

/**
 * Deletes a role that nobody has.
 *
 * @throws AppError `role_in_use` where somebody has it, or where it is built in; `not_found`; `forbidden` where it
 *   permits what the caller may not; `invalid_token` where the caller's session ended meanwhile
 */
export async function deleteRole(
  deps: Pick<Deps, 'db' | 'clock' | 'client'>,
  { actor, name }: { actor: Actor; name: string },
): Promise<void> {
  if (!ROLE_NAME.test(name)) throw new AppError('not_found')
  const outcome = await remove(deps, { actor, name, now: deps.clock() })
  if (outcome === 'in_use') throw new AppError('role_in_use')
  if (outcome === 'built_in') throw new AppError('role_in_use', { detail: 'This role is built in.' })
  if (outcome !== 'deleted') throw refused(outcome)
}

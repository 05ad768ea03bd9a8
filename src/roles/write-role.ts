import type { Deps } from '../deps.ts'
import { AppError, fieldError } from '../errors.ts'
import { PERMISSIONS, type Permission } from '../features.ts'
import type { Actor } from '../sql/authority.ts'
import type { Role } from './queries.ts'
import { refusalError } from './refusal-error.ts'
import { ADMIN_ROLE, DEFAULT_ROLE, ROLE_NAME } from './schema.ts'
import { upsertRole } from './write-role.sql.ts'

/**
 * The permissions that `user` may hold, the role of everybody who registers. None of this service's own is
 * among them: each opens other people's accounts, so one mistaken request would make the whole internet
 * administrators. Name a permission of your own here if everybody may have it.
 */
const FOR_EVERYBODY: ReadonlySet<Permission> = new Set()

export type RoleChange = {
  actor: Actor
  name: string
  description: string
  permissions: readonly Permission[]
  /** Whether an existing role of that name is left as it is. */
  isNew: boolean
}

/**
 * Creates a role or replaces its permissions, for everybody who has it, from their next request on. The
 * caller must hold all of its permissions before and after, and no holder of the role may do more than the
 * caller.
 *
 * @throws AppError `validation_failed` for an invalid name, for an `admin` with fewer permissions, and for a
 *   `user` with a permission that is not for everybody; `role_exists`; `forbidden`; `invalid_token` if the
 *   caller's session has ended
 */
export async function writeRole(
  deps: Pick<Deps, 'db' | 'clock' | 'client'>,
  change: RoleChange,
): Promise<{ role: Role; isCreated: boolean }> {
  const { name, description } = change
  if (!ROLE_NAME.test(name)) throw invalidNameError()
  const permissions = [...new Set(change.permissions)].sort()
  if (name === ADMIN_ROLE && permissions.length < Object.keys(PERMISSIONS).length)
    throw incompleteAdminError()
  if (name === DEFAULT_ROLE) assertForEverybody(change.permissions)
  const outcome = await upsertRole(deps, { ...change, permissions, now: deps.clock() })
  if (outcome === 'exists') throw new AppError('role_exists')
  if (outcome === 'outranked')
    throw refusalError(
      outcome,
      'Somebody who has this role may do what you may not, or too many have it to tell.',
    )
  if (outcome !== 'created' && outcome !== 'replaced') throw refusalError(outcome)
  return { role: { name, description, permissions }, isCreated: outcome === 'created' }
}

function invalidNameError(): AppError {
  const detail = 'begin with a letter and use a-z, 0-9, _ and - only, at most 32 characters'
  return fieldError('validation_failed', { pointer: '/name', code: 'invalid_format', detail })
}

function incompleteAdminError(): AppError {
  const detail = 'admin holds every permission'
  return fieldError('validation_failed', { pointer: '/permissions', code: 'invalid', detail })
}

function assertForEverybody(permissions: readonly Permission[]): void {
  const index = permissions.findIndex((permission) => !FOR_EVERYBODY.has(permission))
  if (index < 0) return
  const detail = `is not for ${DEFAULT_ROLE}, the role that everybody who registers is given`
  throw fieldError('validation_failed', { pointer: `/permissions/${index}`, code: 'invalid', detail })
}

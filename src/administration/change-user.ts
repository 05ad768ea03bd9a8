import type { Config } from '../config/parse-config.ts'
import type { Deps } from '../deps.ts'
import { fieldError } from '../errors.ts'
import { refusalError } from '../roles/refusal-error.ts'
import { fitsIntoToken, MAX_CLAIM_CHARACTERS } from '../sessions/metadata-claims.ts'
import type { AdminUser } from '../sql/admin-users.ts'
import type { Metadata } from '../users/schema.ts'
import { takenError } from '../users/taken-error.ts'
import { tooLargeError } from '../users/too-large-error.ts'
import { type UserChange, updateUser } from './change-user.sql.ts'

/**
 * Changes somebody's account. Disabling ends every session at once, and its owner is told by mail; enabling
 * restores none of them, and unlocks the account.
 *
 * @throws AppError `not_found`; `username_taken` with the pointer; `last_admin`; `validation_failed` for a
 *   reason without a disabled account, and for metadata that would be too large; `forbidden` if the caller
 *   lost the permission, or the other user may do more; `invalid_token` if the caller's session has ended
 */
export async function changeUser(
  deps: Pick<Deps, 'db' | 'clock' | 'client' | 'config' | 'mailing' | 'deliverLater'>,
  input: Omit<UserChange, 'now'>,
): Promise<AdminUser> {
  assertFitsClaims(deps.config, input.appMetadata ?? {})
  const changed = await updateUser(deps, { ...input, now: deps.clock() })
  if (typeof changed !== 'string') {
    deps.deliverLater(changed.deliveries)
    return changed.user
  }
  if (changed === 'username') throw takenError('username')
  if (changed === 'too_large') throw tooLargeError('app_metadata')
  if (changed === 'not_disabled') {
    const detail = 'is for accounts that are disabled'
    throw fieldError('validation_failed', { pointer: '/disabled_reason', code: 'invalid', detail })
  }
  throw refusalError(changed)
}

/**
 * Members that are claims must fit into a token. One that is stored, and then missing from tokens, locks
 * somebody out before anybody notices.
 */
export function assertFitsClaims({ jwtClaims }: Pick<Config, 'jwtClaims'>, patch: Metadata): void {
  const name = jwtClaims.appMetadata.find((each) => Object.hasOwn(patch, each) && !fitsIntoToken(patch[each]))
  if (name === undefined) return
  const detail = `is in tokens: at most ${MAX_CLAIM_CHARACTERS} characters of JSON, without objects`
  throw fieldError('validation_failed', { pointer: `/app_metadata/${name}`, code: 'invalid', detail })
}

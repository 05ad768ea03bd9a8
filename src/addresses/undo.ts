import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { readToken } from '../one-time-tokens/read.ts'
import { takenError } from '../users/taken-error.ts'
import { restoreAddress } from './undo.sql.ts'

/**
 * Undoes a change of the address, by the link that its old owner got: every session ends, and the password is
 * void until a reset, whose mail goes to the old address at once.
 *
 * @throws AppError `invalid_or_expired_code`; `email_taken` if another account has the old address, which
 *   only an import can cause: it is kept for its owner
 */
export async function undoAddressChange(
  deps: Pick<Deps, 'db' | 'clock' | 'client' | 'mailing' | 'deliverLater' | 'oneTimeTokenKeys'>,
  token: string,
): Promise<void> {
  const { id } = await readToken(deps, token, ['email_undo'])
  const restored = await restoreAddress(deps, { id, now: deps.clock() })
  if (restored.outcome === 'taken') throw takenError('email')
  if (restored.outcome !== 'done') throw new AppError('invalid_or_expired_code')
  deps.deliverLater(restored.deliveries)
}

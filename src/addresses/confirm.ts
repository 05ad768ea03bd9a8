import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { readToken } from '../one-time-tokens/read.ts'
import { takenError } from '../users/taken-error.ts'
import { changeAddress } from './change.sql.ts'
import { verifyAddress } from './verify.sql.ts'

/**
 * Does what the link in a mail to an address was for: verifies the address, or makes it the account's.
 *
 * @throws AppError `invalid_or_expired_code`; `email_taken` if somebody has the new address by now
 */
export async function confirmAddress(
  deps: Pick<Deps, 'db' | 'clock' | 'client' | 'mailing' | 'deliverLater' | 'oneTimeTokenKeys'>,
  token: string,
): Promise<void> {
  const { id, purpose } = await readToken(deps, token, ['email_verification', 'email_change'])
  const now = deps.clock()
  if (purpose === 'email_verification') {
    if (!(await verifyAddress(deps, { id, now }))) throw new AppError('invalid_or_expired_code')
    return
  }
  const changed = await changeAddress(deps, { id, now })
  if (changed.outcome === 'taken') throw takenError('email')
  if (changed.outcome !== 'done') throw new AppError('invalid_or_expired_code')
  deps.deliverLater(changed.deliveries)
}

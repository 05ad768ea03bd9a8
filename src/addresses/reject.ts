import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { readToken } from '../one-time-tokens/read.ts'
import { deleteUnverified } from './reject.sql.ts'

/**
 * Deletes an account that a stranger registered with somebody's address, on the word of the address's owner:
 * the address is free again.
 *
 * @throws AppError `invalid_or_expired_code`, also if the address was verified meanwhile
 */
export async function rejectRegistration(
  deps: Pick<Deps, 'db' | 'clock' | 'client' | 'oneTimeTokenKeys'>,
  token: string,
): Promise<void> {
  const { id } = await readToken(deps, token, ['email_verification'])
  const isDeleted = await deleteUnverified(deps, { id, now: deps.clock() })
  if (!isDeleted) throw new AppError('invalid_or_expired_code')
}

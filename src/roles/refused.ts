import { AppError } from '../errors.ts'

/** Why an act of somebody who administers did not happen, whatever the act. */
export type RefusalReason = 'ended' | 'forbidden' | 'not_found' | 'outranked' | 'exceeds' | 'last_admin'

const DETAILS = {
  forbidden: undefined,
  outranked: 'They may do what you may not.',
  exceeds: 'You can give or take only permissions that you hold yourself.',
}

/** The error for an act that was decided against when it was about to happen. */
export function refused(reason: RefusalReason): AppError {
  if (reason === 'ended') return new AppError('invalid_token')
  if (reason === 'not_found' || reason === 'last_admin') return new AppError(reason)
  const detail = DETAILS[reason]
  return new AppError('forbidden', { ...(detail && { detail }) })
}

import { AppError } from '../errors.ts'

/** Why an act of somebody who administers did not happen, whatever the act. */
export type RefusalReason = 'ended' | 'forbidden' | 'not_found' | 'outranked' | 'exceeds' | 'last_admin'

const DETAILS = {
  forbidden: undefined,
  outranked: 'They may do what you may not.',
  exceeds: 'You can give, take and describe only permissions that you hold yourself.',
}

/**
 * The error for an act that was decided against when it was about to happen.
 *
 * @param detail said in place of the reason's own text
 */
export function refused(reason: RefusalReason, detail?: string): AppError {
  if (reason === 'ended') return new AppError('invalid_token')
  if (reason === 'not_found' || reason === 'last_admin') return new AppError(reason)
  const said = detail ?? DETAILS[reason]
  // A guard that refuses gives the same reason.
  const recorded = reason === 'forbidden' ? 'permission' : reason
  return new AppError('forbidden', { reason: recorded, ...(said && { detail: said }) })
}

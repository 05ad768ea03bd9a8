import { AppError } from '../errors.ts'

/** The reasons for which any act of an administrator can be refused. */
export type RefusalReason = 'ended' | 'forbidden' | 'not_found' | 'outranked' | 'exceeds' | 'last_admin'

const DETAILS = {
  forbidden: undefined,
  outranked: 'They may do what you may not.',
  exceeds: 'You can give, take and describe only permissions that you hold yourself.',
}

/**
 * The error for an act that its own statement refused.
 *
 * @param detail replaces the reason's own detail
 */
export function refusalError(reason: RefusalReason, detail?: string): AppError {
  if (reason === 'ended') return new AppError('invalid_token')
  if (reason === 'not_found' || reason === 'last_admin') return new AppError(reason)
  const shown = detail ?? DETAILS[reason]
  // `permission` is also what the guard records, so that both refusals are one event.
  const recorded = reason === 'forbidden' ? 'permission' : reason
  return new AppError('forbidden', { reason: recorded, ...(shown && { detail: shown }) })
}

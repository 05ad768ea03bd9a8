import { fieldError } from '../errors.ts'
import { deliverOrRefuse } from '../limits/deliver-or-refuse.ts'
import { makeRecipientBuckets } from '../limits/make-mail-buckets.ts'
import { assertMailIsOn } from '../mail/assert-mail-is-on.ts'
import { type Caller, type ConfirmDeps, confirmPassword, notDoneError } from '../passwords/confirm.ts'
import { insertAddressChange } from './request-change.sql.ts'

/**
 * Asks the owner of a new address to confirm it, and tells the old address. Nothing changes until the link in
 * the mail to the new address is used. Nobody learns whether that address has an account: its owner is told
 * instead.
 *
 * @param request.newEmail in lower case
 * @throws AppError `wrong_password`, `rate_limited` or `overloaded`; `validation_failed` for the address that
 *   the account has; `invalid_token` if the session has ended meanwhile; `not_found` if this deployment sends
 *   no mail
 */
export async function requestAddressChange(
  deps: ConfirmDeps,
  { newEmail, password, ...caller }: Caller & { newEmail: string; password: string },
): Promise<void> {
  assertMailIsOn(deps)
  const { id: userId, email } = caller.user
  if (newEmail === email.toLowerCase()) {
    const detail = 'is your address already'
    throw fieldError('validation_failed', { pointer: '/new_email', code: 'unchanged', detail })
  }
  const pointer = '/password'
  const confirmed = await confirmPassword(deps, { ...caller, password, pointer })
  const buckets = await makeRecipientBuckets(deps, 'change', [userId, { shared: newEmail }])
  const act = { ...confirmed, userId, sessionId: caller.sessionId, now: deps.clock() }
  const requested = await insertAddressChange(deps, { ...act, newEmail, buckets })
  if (typeof requested === 'string') throw notDoneError(requested, pointer)
  deliverOrRefuse(deps, requested)
}

import type { Deps } from '../deps.ts'
import { mailLimitError, makeMailBuckets } from '../limits/mail-limits.ts'
import { assertMailIsOn } from '../mail/assert-mail-is-on.ts'
import { insertResetRequest } from './request-reset.sql.ts'

/**
 * Sends a link to choose a new password, if the address has an account that is enabled. Nothing says whether
 * it has: the answer, the statement and the work before the response are the same, and the mail is sent after
 * it.
 *
 * @param request.email in lower case
 * @throws AppError `rate_limited`, for addresses without an account too; `not_found` if this deployment sends
 *   no mail
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Forgot_Password_Cheat_Sheet.html
 */
export async function requestPasswordReset(
  deps: Pick<Deps, 'db' | 'clock' | 'client' | 'config' | 'limitKeys' | 'mailing' | 'deliver'>,
  { email }: { email: string },
): Promise<void> {
  assertMailIsOn(deps)
  const buckets = await makeMailBuckets(deps, 'reset', email)
  const requested = await insertResetRequest(deps, { email, buckets, now: deps.clock() })
  const { refusedBy, secondsToWait, deliveries } = requested
  if (refusedBy) throw mailLimitError(deps.config, refusedBy, secondsToWait)
  deps.deliver(deliveries)
}

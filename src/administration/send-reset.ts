import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { deliverOrRefuse } from '../limits/deliver-or-refuse.ts'
import { makeRecipientBuckets } from '../limits/make-mail-buckets.ts'
import { assertMailIsOn } from '../mail/assert-mail-is-on.ts'
import { refusalError } from '../roles/refusal-error.ts'
import type { Actor } from '../sql/authority.ts'
import { insertResetByAdmin } from './send-reset.sql.ts'

/**
 * Has a mail sent to somebody that lets them choose a new password. Nobody else sees the link.
 *
 * @throws AppError `not_found`, also if this deployment sends no mail; `validation_failed` for a disabled
 *   account; `rate_limited`; `forbidden` if the caller lost the permission, or the other user may do more;
 *   `invalid_token` if the caller's session has ended
 */
export async function sendPasswordReset(
  deps: Pick<Deps, 'db' | 'clock' | 'client' | 'config' | 'limitKeys' | 'mailing' | 'deliverLater'>,
  act: { actor: Actor; userId: number },
): Promise<void> {
  assertMailIsOn(deps)
  const buckets = await makeRecipientBuckets(deps, 'reset', [act.userId])
  const sent = await insertResetByAdmin(deps, { ...act, buckets, now: deps.clock() })
  if (sent.outcome === 'disabled') {
    throw new AppError('validation_failed', { detail: 'The account is disabled: enable it first.' })
  }
  if (sent.outcome !== 'done') throw refusalError(sent.outcome)
  deliverOrRefuse(deps, sent)
}

import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { deliverOrRefuse } from '../limits/deliver-or-refuse.ts'
import { makeRecipientBuckets } from '../limits/make-mail-buckets.ts'
import { assertMailIsOn } from '../mail/assert-mail-is-on.ts'
import { insertVerification } from './request-verification.sql.ts'

/**
 * Sends the signed-in user a link that verifies their address.
 *
 * Counted by account and by address: an account that is deleted and made again has another id.
 *
 * @returns whether the address is verified already; then nothing is sent
 * @throws AppError `rate_limited`; `invalid_token` if the session has ended meanwhile; `not_found` if this
 *   deployment sends no mail
 */
export async function requestVerification(
  deps: Pick<Deps, 'db' | 'clock' | 'client' | 'config' | 'limitKeys' | 'mailing' | 'deliverLater'>,
  { email, ...who }: { userId: number; sessionId: string; email: string },
): Promise<{ isVerified: boolean }> {
  assertMailIsOn(deps)
  const buckets = await makeRecipientBuckets(deps, 'verification', [who.userId, email])
  const requested = await insertVerification(deps, { ...who, buckets, now: deps.clock() })
  if (!requested) throw new AppError('invalid_token')
  deliverOrRefuse(deps, requested)
  return { isVerified: requested.isVerified }
}

import type { Deps } from '../deps.ts'
import type { MailRequested } from '../sql/mails.ts'
import { rateLimitedError } from './rate-limited-error.ts'

/**
 * Goes on after the statement that counted a mail: has it sent after the response.
 *
 * @throws AppError `rate_limited` if a limit refused it
 */
export function deliverOrRefuse(
  { config, deliverLater }: Pick<Deps, 'config' | 'deliverLater'>,
  { refusedBy, secondsToWait, deliveries }: MailRequested,
): void {
  if (refusedBy) {
    const limit = refusedBy === 'mail_account' ? config.limitMailAccount : config.limitMailAddress
    throw rateLimitedError(limit, secondsToWait)
  }
  deliverLater(deliveries)
}

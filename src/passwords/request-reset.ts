import type { Deps } from '../deps.ts'
import { deliverOrRefuse } from '../limits/deliver-or-refuse.ts'
import { makeResetBuckets } from '../limits/make-mail-buckets.ts'
import { assertMailIsOn } from '../mail/assert-mail-is-on.ts'
import { insertResetRequest } from './request-reset.sql.ts'

/**
 * Answers come after a multiple of this. For an address with an account the statement inserts two more rows,
 * which takes about 0.4 ms (`npm run privacy`); waiting hides that, on a slow database too.
 */
const ANSWER_MILLISECONDS = 100

/**
 * Sends a link to choose a new password, if the address has an account that is enabled. Nothing says whether
 * it has: the answer, the statement and the time of the answer are the same, and the mail is sent after it.
 *
 * @param request.email in lower case
 * @throws AppError `rate_limited`, for addresses without an account too; `not_found` if this deployment sends
 *   no mail
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Forgot_Password_Cheat_Sheet.html
 */
export async function requestPasswordReset(
  deps: Pick<
    Deps,
    'db' | 'clock' | 'client' | 'config' | 'limitKeys' | 'mailing' | 'deliverLater' | 'stopwatch' | 'sleep'
  >,
  { email }: { email: string },
): Promise<void> {
  assertMailIsOn(deps)
  const start = deps.stopwatch()
  const buckets = await makeResetBuckets(deps, email)
  const requested = await insertResetRequest(deps, { email, buckets, now: deps.clock() })
  deliverOrRefuse(deps, requested)
  const elapsed = deps.stopwatch() - start
  await deps.sleep(Math.ceil(ANSWER_MILLISECONDS - (elapsed % ANSWER_MILLISECONDS)))
}

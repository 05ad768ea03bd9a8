import { CLOCK_LEEWAY_SECONDS } from '../crypto/jwt.ts'
import { readRefreshToken } from '../crypto/refresh-token.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { rateLimitedError } from '../limits/rate-limited-error.ts'
import { type IssueDeps, issueTokens, type TokenPair } from './issue-tokens.ts'
import { rotateSession } from './refresh.sql.ts'

/**
 * How long the predecessor of a token that was never presented is still answered with it. A client that lost
 * a response retries within that: after a timeout of ours, its own back-off, a tunnel. A thief who has the
 * predecessor gains no more than one who has the current token, and the next rotation but one detects them.
 */
const UNUSED_SECONDS = 120

/**
 * Exchanges a refresh token for the next pair, in one statement; a forged token costs none.
 *
 * Two kinds of old tokens are answered with the current one and change nothing: one that was replaced within
 * the grace, as when several tabs refresh at once; and the direct predecessor of a token that was never
 * presented, as when a response was lost. Any other old token is a replay. Owner and thief look the same, so
 * the session ends for both.
 *
 * Other instances wrote the times that are compared, so the leeway for clocks that differ is added to the
 * grace.
 *
 * @throws AppError `invalid_token` for every reason to refuse it; `rate_limited`
 * @see https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2
 */
export async function refreshSession(
  deps: IssueDeps & Pick<Deps, 'db' | 'client' | 'log' | 'localLimits' | 'mailing' | 'deliverLater'>,
  { token, forCookie }: { token: string; forCookie: boolean },
): Promise<TokenPair> {
  const { clock, config, log } = deps
  const content = await readRefreshToken(deps.refreshKeys, token)
  if (!content) throw new AppError('invalid_token')
  // Each rotation writes: without a limit, one token could make the database write without end.
  const { success, retryAfterSeconds = null } = await deps.localLimits.limitRefreshSession.limit({
    key: content.sessionId,
  })
  if (!success) throw rateLimitedError(config.limitRefreshSession, retryAfterSeconds)
  const now = clock()
  const after = (seconds: number) => new Date(now.getTime() + seconds * 1000)
  const result = await rotateSession(deps, {
    ...content,
    now,
    graceSince: after(-config.refreshGraceSeconds - CLOCK_LEEWAY_SECONDS),
    unusedSince: after(-UNUSED_SECONDS),
    idleExpiresAt: after(config.refreshIdleSeconds),
  })
  if (result.outcome === 'replayed') {
    log({ event: 'refresh_token_replayed', session_id: content.sessionId })
    deps.deliverLater(result.deliveries)
  }
  if (!('user' in result)) throw new AppError('invalid_token')
  const { user, generation, idleExpiresAt, createdAt: authenticatedAt } = result
  return await issueTokens(deps, {
    user,
    sessionId: content.sessionId,
    generation,
    idleExpiresAt,
    authenticatedAt,
    forCookie,
  })
}

import { readRefreshToken } from '../crypto/refresh-token.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { type IssueDeps, issueTokens, type TokenPair } from './issue-tokens.ts'
import { refreshSession } from './queries.ts'

/**
 * Exchanges a refresh token for the next pair, in one statement; a forged token costs none.
 *
 * The predecessor of the current token is answered with the current one for a few seconds: whoever lost the
 * answer of a refresh, or raced another tab, goes on. After that, or with any older token, somebody has a
 * copy, and it can't be known who: the session ends for both.
 *
 * @throws AppError `invalid_token` for every reason
 * @see https://www.rfc-editor.org/rfc/rfc9700#section-4.14.2
 */
export async function refresh(
  deps: IssueDeps & Pick<Deps, 'db' | 'client' | 'log'>,
  { token, forCookie }: { token: string; forCookie: boolean },
): Promise<TokenPair> {
  const { clock, config, log } = deps
  const content = await readRefreshToken(deps.refreshKeys, token)
  if (!content) throw new AppError('invalid_token')
  const now = clock()
  const after = (seconds: number) => new Date(now.getTime() + seconds * 1000)
  const result = await refreshSession(deps, {
    ...content,
    now,
    graceSince: after(-config.refresh.graceSeconds),
    idleExpiresAt: after(config.refresh.idleSeconds),
  })
  if (result.outcome === 'replayed') log({ event: 'refresh_token_replayed', session_id: content.sessionId })
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

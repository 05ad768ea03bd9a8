import { makeRefreshToken } from '../crypto/refresh-token.ts'
import type { Deps } from '../deps.ts'
import type { Principal } from '../sql/users.ts'
import { issueAccessToken } from './issue-access-token.ts'

export type TokenPair = {
  user: Principal
  accessToken: string
  expiresInSeconds: number
  refreshToken: string
  refreshExpiresInSeconds: number
}

export type TokenSubject = {
  user: Principal
  sessionId: string
  /** How often the session has been refreshed; 0 at the sign-in. */
  generation: number
  idleExpiresAt: Date
  authenticatedAt: Date
  /** Whether the tokens go into cookies. */
  forCookie: boolean
}

export type IssueDeps = Pick<Deps, 'config' | 'clock' | 'random' | 'keyRing' | 'refreshKeys'>

/** Issues the access token and the refresh token of a session, at the sign-in and at every refresh. */
export async function issueTokens(deps: IssueDeps, subject: TokenSubject): Promise<TokenPair> {
  const { token, expiresInSeconds } = await issueAccessToken(deps, subject)
  const remaining = subject.idleExpiresAt.getTime() - deps.clock().getTime()
  return {
    user: subject.user,
    accessToken: token,
    expiresInSeconds,
    refreshToken: await makeRefreshToken(deps.refreshKeys, subject),
    refreshExpiresInSeconds: Math.max(0, Math.floor(remaining / 1000)),
  }
}

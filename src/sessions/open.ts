import type { Deps } from '../deps.ts'
import type { Proof, SignInEffects } from '../sql/opening.ts'
import { type IssueDeps, issueTokens, type TokenPair } from './issue-tokens.ts'
import { openSessionRow } from './open.sql.ts'
import { prepareSession } from './prepare-session.ts'

/** The result of one way of signing in, such as the password. */
export type SignInAttempt = {
  /** `null`: it failed. */
  proof: Proof | null
  /** The account that the attempt named; `null`: none. */
  attemptedId: number | null
  /** For the event if the attempt failed, or if its proof no longer holds when the session opens. */
  reason: string
  /** Its own writes, in the statement that opens the session. */
  effects: (now: Date) => SignInEffects
}

/**
 * Turns a proof into a session and its tokens; the only place that does. A failed attempt costs the same
 * statement.
 *
 * @param options.forCookie whether the tokens go into cookies
 * @returns `null` if there is no proof, or if it no longer holds
 */
export async function openSession(
  deps: IssueDeps & Pick<Deps, 'db' | 'client'>,
  { effects, ...attempt }: SignInAttempt,
  { forCookie }: { forCookie: boolean },
): Promise<TokenPair | null> {
  const now = deps.clock()
  const session = prepareSession(deps, now)
  const user = await openSessionRow(deps, { ...attempt, effects: effects(now), session, now })
  // Without a proof the statement finds nobody. Even if its response says otherwise, nobody is signed in.
  if (!attempt.proof || user?.id !== attempt.proof.userId) return null
  const { id: sessionId, idleExpiresAt } = session
  return await issueTokens(deps, {
    user,
    sessionId,
    generation: 0,
    idleExpiresAt,
    authenticatedAt: now,
    forCookie,
  })
}

import type { Deps } from '../deps.ts'
import type { Proof, SignInEffects } from '../sql/opening.ts'
import { type IssueDeps, issueTokens, type TokenPair } from './issue-tokens.ts'
import { openSessionRow } from './open.sql.ts'
import { prepareSession } from './prepare-session.ts'

/** An attempt to sign in, as the way of proving leaves it. */
export type SignInAttempt = {
  /** `null`: it failed. */
  proof: Proof | null
  /** The account that was meant; `null`: none. */
  attemptedId: number | null
  /** Why it failed, for the event; of a proof, why it will have failed if the account changed meanwhile. */
  reason: string
  /** What the way of proving has to write, in the statement that opens the session. */
  effects: (now: Date) => SignInEffects
}

/**
 * Turns a proof into a session and its tokens; the only place that does. A failed attempt costs the same
 * statement.
 *
 * @param options.forCookie whether the tokens go into cookies
 * @returns `null` if there is no proof, or if it holds no longer
 */
export async function openSession(
  deps: IssueDeps & Pick<Deps, 'db' | 'client'>,
  { effects, ...attempt }: SignInAttempt,
  { forCookie }: { forCookie: boolean },
): Promise<TokenPair | null> {
  const now = deps.clock()
  const session = prepareSession(deps, now)
  const user = await openSessionRow(deps, { ...attempt, effects: effects(now), session, now })
  // The statement of a failed attempt finds nobody, but what it answers is not what decides.
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

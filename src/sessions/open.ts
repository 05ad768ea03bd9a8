import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { makeRecipientBuckets } from '../limits/make-mail-buckets.ts'
import type { MailBuckets } from '../sql/mails.ts'
import type { Proof, SignInEffects } from '../sql/opening.ts'
import { type IssueDeps, issueTokens, type TokenPair } from './issue-tokens.ts'
import { openSessionRow } from './open.sql.ts'
import { prepareSession } from './prepare-session.ts'

export type OpenDeps = IssueDeps & Pick<Deps, 'db' | 'client' | 'limitKeys' | 'mailing' | 'deliverLater'>

/** The result of one way of signing in, such as the password. */
export type SignInAttempt = {
  /** `null`: it failed. */
  proof: Proof | null
  /** The account that the attempt named; `null`: none. */
  attemptedId: number | null
  /** For the event if the attempt failed, or if its proof no longer holds when the session opens. */
  reason: string
  /** Whether the account knows the browser, by its cookie. */
  isKnownDevice: boolean
  /** Its own writes, in the statement that opens the session. */
  effects: (now: Date, options: { needsVerified: boolean }) => SignInEffects
}

/**
 * Turns a proof into a session and its tokens; the only place that does. A failed attempt costs the same
 * statement.
 *
 * @param options.forCookie whether the tokens go into cookies
 * @returns `null` if there is no proof, or if it no longer holds
 * @throws AppError `email_not_verified` if the proof holds, but the address has to be verified first
 */
export async function openSession(
  deps: OpenDeps,
  { effects, ...attempt }: SignInAttempt,
  { forCookie }: { forCookie: boolean },
): Promise<TokenPair | null> {
  const now = deps.clock()
  const session = prepareSession(deps, now)
  const verificationBuckets = await makeVerificationBuckets(deps, attempt.attemptedId ?? 0)
  const opening = {
    ...attempt,
    verificationBuckets,
    effects: effects(now, { needsVerified: verificationBuckets !== null }),
    session,
    now,
  }
  const { user, isUnverified, isMailed, deliveries } = await openSessionRow(deps, opening)
  deps.deliverLater(deliveries)
  if (isUnverified) throw notVerifiedError(isMailed)
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

/** The limits of mails that verify an address; `null`: signing in needs no verified one. */
async function makeVerificationBuckets(deps: OpenDeps, accountId: number): Promise<MailBuckets | null> {
  if (deps.config.requireVerifiedEmail === 'off') return null
  return await makeRecipientBuckets(deps, 'verification', [accountId])
}

function notVerifiedError(isMailed: boolean): AppError {
  const detail = 'Verify your address first: open the link in the newest mail that was sent to it.'
  return new AppError('email_not_verified', {
    detail: isMailed ? `${detail} A new one is on its way.` : detail,
  })
}

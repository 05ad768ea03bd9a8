import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { makeBucketKey } from '../limits/make-buckets.ts'
import { makeRecipientBuckets } from '../limits/make-mail-buckets.ts'
import type { Proof, SignInEffects } from '../sql/opening.ts'
import { type IssueDeps, issueTokens, type TokenPair } from './issue-tokens.ts'
import { type Opening, openSessionRow } from './open.sql.ts'
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
  const buckets = await makeNoticeBuckets(deps, attempt.attemptedId ?? 0)
  const opening = {
    ...attempt,
    ...buckets,
    effects: effects(now, { needsVerified: buckets.verificationBuckets !== null }),
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

/** Three notices a day: a script that signs in from everywhere would fill the owner's mailbox. */
const NOTICES = { count: 3, seconds: 86_400 }

async function makeNoticeBuckets(
  deps: OpenDeps,
  accountId: number,
): Promise<Pick<Opening, 'noticeBucket' | 'verificationBuckets'>> {
  const isRequired = deps.config.requireVerifiedEmail === 'sign-in'
  const [key, verificationBuckets] = await Promise.all([
    makeBucketKey(deps, 'new_device', String(accountId)),
    isRequired ? makeRecipientBuckets(deps, 'verification', [accountId]) : null,
  ])
  return { noticeBucket: { key, ...NOTICES }, verificationBuckets }
}

function notVerifiedError(isMailed: boolean): AppError {
  const detail = 'Verify your address first: open the link in the newest mail that was sent to it.'
  return new AppError('email_not_verified', {
    detail: isMailed ? `${detail} A new one is on its way.` : detail,
  })
}

import { type IssueDeps, issueTokens, type TokenPair } from '../sessions/issue-tokens.ts'
import { prepareSession } from '../sessions/prepare-session.ts'
import { assertAcceptable, type PasswordRulesDeps } from './assert-acceptable.ts'
import { updatePassword } from './change.sql.ts'
import { type Caller, type ConfirmDeps, confirmPassword, notDoneError } from './confirm.ts'

export type PasswordChange = Caller & {
  currentPassword: string
  newPassword: string
  /** Whether the new tokens go into cookies. */
  forCookie: boolean
}

/**
 * Changes a password. Every session of the user ends, the caller's too, which is replaced by a new one:
 * people change passwords when they fear that somebody has stolen a token, and that can be one of this
 * session. The new password is checked first, so that a weak one costs no attempt at the current one.
 *
 * If the response is lost, the caller has only tokens of an ended session, and signs in with the new
 * password.
 *
 * @returns the tokens of the new session, and the new version of the password
 * @throws AppError `wrong_password`, `rate_limited` or `overloaded`; `invalid_token` if the caller's session
 *   has ended meanwhile; as `assertAcceptable`
 */
export async function changePassword(
  deps: ConfirmDeps & PasswordRulesDeps & IssueDeps,
  { currentPassword, newPassword, forCookie, ...caller }: PasswordChange,
): Promise<{ pair: TokenPair; passwordVersion: number }> {
  const { username, email } = caller.user
  await assertAcceptable(deps, { password: newPassword, username, email, pointer: '/new_password' })
  const pointer = '/current_password'
  const confirmed = await confirmPassword(deps, { ...caller, password: currentPassword, pointer })
  const passwordHash = await deps.passwords.hash(newPassword)
  const now = deps.clock()
  const session = prepareSession(deps, now)
  const act = { ...confirmed, userId: caller.user.id, sessionId: caller.sessionId, now }
  const replaced = await updatePassword(deps, { ...act, passwordHash, session })
  if (typeof replaced === 'string') throw notDoneError(replaced, pointer)
  const { user, passwordVersion, deliveries } = replaced
  deps.deliverLater(deliveries)
  const { id: sessionId, idleExpiresAt } = session
  const subject = { user, sessionId, generation: 0, idleExpiresAt, authenticatedAt: now, forCookie }
  return { pair: await issueTokens(deps, subject), passwordVersion }
}

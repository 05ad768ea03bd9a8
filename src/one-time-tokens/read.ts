import { type OneTimeTokenContent, type Purpose, readOneTimeToken } from '../crypto/one-time-token.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'

/**
 * Reads a presented token. One that is forged, for something else, or expired costs no query and no hash.
 *
 * @param purposes what it may be for
 * @throws AppError `invalid_or_expired_code`
 */
export async function readToken<P extends Purpose>(
  { oneTimeTokenKeys, clock }: Pick<Deps, 'oneTimeTokenKeys' | 'clock'>,
  token: string,
  purposes: readonly P[],
): Promise<OneTimeTokenContent & { purpose: P }> {
  const content = await readOneTimeToken(oneTimeTokenKeys, token)
  if (!content || !isOneOf(purposes, content.purpose)) throw new AppError('invalid_or_expired_code')
  if (content.expiresAt.getTime() <= clock().getTime()) throw new AppError('invalid_or_expired_code')
  return { ...content, purpose: content.purpose }
}

function isOneOf<P extends Purpose>(purposes: readonly P[], purpose: Purpose): purpose is P {
  return purposes.some((each) => each === purpose)
}

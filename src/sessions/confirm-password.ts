import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { Outcome } from '../users/queries.ts'
import { type Credentials, findCredentialsById } from './queries.ts'

/**
 * Asks a signed-in person for their password again, before what can't be undone.
 *
 * @param pointer which member of the request holds the password, as a JSON Pointer
 * @throws AppError `wrong_password`
 */
export async function confirmPassword(
  { db, passwords }: Pick<Deps, 'db' | 'passwords'>,
  { userId, password, pointer }: { userId: number; password: string; pointer: string },
): Promise<Credentials> {
  const credentials = await findCredentialsById(db, userId)
  const { matches } = await passwords.verify(password, credentials?.passwordHash ?? null)
  if (matches && credentials) return credentials
  throw wrongPassword(pointer)
}

/**
 * Says what became of an act that a password was confirmed for.
 *
 * @throws AppError `invalid_token` where the caller's session ended meanwhile; `wrong_password` where the
 *   password was replaced between its check and its use
 */
export function assertDone(outcome: Outcome, pointer: string): void {
  if (outcome === 'ended') throw new AppError('invalid_token')
  if (outcome === 'outdated') throw wrongPassword(pointer)
}

function wrongPassword(pointer: string): AppError {
  const detail = 'is not your password'
  return new AppError('wrong_password', {
    detail: `${pointer.slice(1)}: ${detail}`,
    errors: [{ pointer, code: 'wrong_password', detail }],
  })
}

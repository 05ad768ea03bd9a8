import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
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

/** Also the answer where the password was changed in the moment between its check and its use. */
export function wrongPassword(pointer: string): AppError {
  const detail = 'is not your password'
  return new AppError('wrong_password', {
    detail: `${pointer.slice(1)}: ${detail}`,
    errors: [{ pointer, code: 'wrong_password', detail }],
  })
}

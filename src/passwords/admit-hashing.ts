import type { PasswordHasher } from '../crypto/password.ts'
import type { Admission } from '../deps.ts'

/**
 * Makes every hash of a hasher wait for its turn.
 *
 * @param network returns the client's network; called only if something is hashed
 */
export function admitHashing(
  { passwords: hasher, admission }: { passwords: PasswordHasher; admission: Pick<Admission, 'run'> },
  network: () => string,
): PasswordHasher {
  return {
    hash: (password) => admission.run(network(), () => hasher.hash(password)),
    verify: (password, stored) => admission.run(network(), () => hasher.verify(password, stored)),
  }
}

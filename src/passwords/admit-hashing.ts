import type { PasswordHasher } from '../crypto/password.ts'
import type { Admission } from '../deps.ts'

/**
 * A hasher each of whose hashes waits for its turn.
 *
 * @param whose the network that they are made for; asked when one is made
 */
export function admitHashing(
  { passwords: hasher, admission }: { passwords: PasswordHasher; admission: Pick<Admission, 'run'> },
  whose: () => string,
): PasswordHasher {
  return {
    hash: (password) => admission.run(whose(), () => hasher.hash(password)),
    verify: (password, stored) => admission.run(whose(), () => hasher.verify(password, stored)),
  }
}

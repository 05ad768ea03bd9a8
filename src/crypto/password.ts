import { fromBase64Url, toBase64Url, utf8 } from './encoding.ts'
import { timingSafeEqual } from './timing-safe.ts'

/**
 * Production Workers refuse a PBKDF2 call with more iterations, for every hash function. Local workerd and
 * Node don't: a larger number would pass every local test and fail at the first real sign-in.
 *
 * @see https://github.com/cloudflare/workerd/issues/1346
 */
export const MAX_ITERATIONS_PER_CALL = 100_000

/**
 * OWASP Password Storage Cheat Sheet, PBKDF2-HMAC-SHA256; ASVS 5.0 appendix C asks for the same.
 *
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#pbkdf2
 */
export const MIN_TOTAL_ITERATIONS = 600_000

/** 20 × 100,000 iterations, about a third of a second, is the most that a tampered row can cost. */
export const MAX_ROUNDS = 20

const SALT_BYTES = 16
const HASH_BYTES = 32
const FORMAT =
  /^\$pbkdf2-sha256-chain\$v=1,i=(\d{1,6}),r=(\d{1,2})\$([A-Za-z0-9_-]{1,86})\$([A-Za-z0-9_-]{43})$/

/** The cost of a hash: `rounds` chained PBKDF2 calls of `iterations` each. */
export type WorkFactor = { iterations: number; rounds: number }

/** Awaited between two calls of a chain. */
export type Pause = () => Promise<void>

/** Computes `chainedPbkdf2`, on this thread or on another. */
export type Derive = (
  password: string,
  salt: Uint8Array<ArrayBuffer>,
  work: WorkFactor,
) => Promise<Uint8Array<ArrayBuffer>>

type ParsedHash = WorkFactor & { salt: Uint8Array<ArrayBuffer>; hash: Uint8Array<ArrayBuffer> }

export type PasswordHasher = {
  /** Hashes a password with a new salt. The string contains the parameters and the salt. */
  hash(password: string): Promise<string>
  /**
   * Compares a password with a stored hash. `null` (no such account) costs the same work and matches nothing:
   * neither time nor CPU shows whether an account exists.
   *
   * @returns `matches`, and `outdated` if the hash has other parameters than the configured ones
   */
  verify(password: string, stored: string | null): Promise<{ matches: boolean; outdated: boolean }>
}

/**
 * Chains PBKDF2-HMAC-SHA256 so that no call exceeds the cap: `D(0) = salt`, `D(k) = PBKDF2(password, salt =
 * D(k-1), iterations, 32 bytes)` for `k = 1..rounds`. The work is strictly sequential, and the password is
 * the key of every call. One round is plain PBKDF2.
 *
 * Workers derive bits on the one thread that serves all requests of an isolate. With a `pause` that yields,
 * other requests wait for at most one call; without it, for the whole hash.
 *
 * @returns the 32 bytes `D(rounds)`
 * @see https://www.rfc-editor.org/rfc/rfc8018#section-5.2
 */
export async function chainedPbkdf2(
  password: string,
  salt: Uint8Array<ArrayBuffer>,
  { iterations, rounds, pause }: WorkFactor & { pause?: Pause },
): Promise<Uint8Array<ArrayBuffer>> {
  const key = await crypto.subtle.importKey('raw', utf8(password), 'PBKDF2', false, ['deriveBits'])
  let block = salt
  for (let round = 0; round < rounds; round++) {
    // biome-ignore lint/nursery/useAwaitThenable: `Pause` returns a promise; the rule does not see it
    if (round > 0 && pause) await pause()
    const algorithm = { name: 'PBKDF2', hash: 'SHA-256', salt: block, iterations }
    block = new Uint8Array(await crypto.subtle.deriveBits(algorithm, key, HASH_BYTES * 8))
  }
  return block
}

/**
 * Creates a hasher. Passwords are normalised to NFKC first (NIST SP 800-63B-4 section 3.1.1.2), since macOS
 * and Windows encode the same typed characters differently.
 *
 * @param work the cost of new hashes, and the least work of every verification
 */
export function createPasswordHasher(
  work: WorkFactor,
  randomBytes: (length: number) => Uint8Array<ArrayBuffer>,
  derive: Derive = chainedPbkdf2,
): PasswordHasher {
  const nobody: ParsedHash = { ...work, salt: new Uint8Array(SALT_BYTES), hash: new Uint8Array(HASH_BYTES) }
  return {
    async hash(password) {
      const salt = randomBytes(SALT_BYTES)
      const hash = await derive(password.normalize('NFKC'), salt, work)
      const parameters = `v=1,i=${work.iterations},r=${work.rounds}`
      return `$pbkdf2-sha256-chain$${parameters}$${toBase64Url(salt)}$${toBase64Url(hash)}`
    },
    async verify(password, stored) {
      const parsed = stored === null ? null : parsePasswordHash(stored)
      const expected = parsed ?? nobody
      const spent = { iterations: expected.iterations, rounds: expected.rounds }
      const actual = await derive(password.normalize('NFKC'), expected.salt, spent)
      const matches = timingSafeEqual(actual, expected.hash) && parsed !== null
      // An old hash with a lower cost must take as long as an unknown account, or its time shows that the
      // account exists.
      await spendMissing(derive, work, spent)
      return {
        matches,
        outdated: expected.iterations !== work.iterations || expected.rounds !== work.rounds,
      }
    },
  }
}

/** Does the work that is missing from `spent` to `due`, in calls that production accepts. */
async function spendMissing(derive: Derive, due: WorkFactor, spent: WorkFactor): Promise<void> {
  const missing = due.iterations * due.rounds - spent.iterations * spent.rounds
  if (missing <= 0) return
  const rounds = Math.ceil(missing / MAX_ITERATIONS_PER_CALL)
  await derive('', new Uint8Array(SALT_BYTES), { iterations: Math.ceil(missing / rounds), rounds })
}

/**
 * Parses a stored hash; `null` if it is malformed or its parameters are out of bounds. The bounds are checked
 * before any work is done: a tampered row must neither stall a Worker nor ask for a call that production
 * refuses.
 */
export function parsePasswordHash(stored: string): ParsedHash | null {
  const [, iterations, rounds, saltText, hashText] = FORMAT.exec(stored) ?? []
  const salt = fromBase64Url(saltText ?? '')
  const hash = fromBase64Url(hashText ?? '')
  const work = { iterations: Number(iterations), rounds: Number(rounds) }
  if (!salt || salt.length < SALT_BYTES || salt.length > 64 || hash?.length !== HASH_BYTES) return null
  if (work.iterations < 1 || work.iterations > MAX_ITERATIONS_PER_CALL) return null
  if (work.rounds < 1 || work.rounds > MAX_ROUNDS) return null
  return { ...work, salt, hash }
}

import { fromBase64Url, toBase64Url, utf8 } from './encoding.ts'
import { timingSafeEqual } from './timing-safe.ts'

/**
 * Cloudflare's production Workers refuse a PBKDF2 call above this, for every hash function. Local workerd
 * and Node don't, so a larger number passes every local test and fails on the first real sign-in.
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

/** At most 20 × 100,000 iterations, about a third of a second: a crafted row can't buy more of our time. */
export const MAX_ROUNDS = 20

const SALT_BYTES = 16
const HASH_BYTES = 32
const FORMAT =
  /^\$pbkdf2-sha256-chain\$v=1,i=(\d{1,6}),r=(\d{1,2})\$([A-Za-z0-9_-]{1,86})\$([A-Za-z0-9_-]{43})$/

/** How much work one hash is: `rounds` chained PBKDF2 calls of `iterations` each. */
export type WorkFactor = { iterations: number; rounds: number }

/** What happens between two calls of a chain. */
export type Pause = () => Promise<void>

/** Does the work of one hash: what `chainedPbkdf2` does, wherever it is done. */
export type Derive = (
  password: string,
  salt: Uint8Array<ArrayBuffer>,
  work: WorkFactor,
) => Promise<Uint8Array<ArrayBuffer>>

type ParsedHash = WorkFactor & { salt: Uint8Array<ArrayBuffer>; hash: Uint8Array<ArrayBuffer> }

export type PasswordHasher = {
  /** Hashes a password with a fresh salt; the result is self-describing and safe to store. */
  hash(password: string): Promise<string>
  /**
   * Checks a password against a stored hash. `null` (no such account) does the same work against a hash
   * that nothing matches, so that the time and the CPU spent don't tell whether the account exists.
   *
   * @returns `matches`; and `outdated` when the hash was made with other parameters than today's
   */
  verify(password: string, stored: string | null): Promise<{ matches: boolean; outdated: boolean }>
}

/**
 * Chains PBKDF2-HMAC-SHA256 so that no call exceeds the cap: `D(0) = salt`, `D(k) = PBKDF2(password, salt =
 * D(k-1), iterations, 32 bytes)` for `k = 1..rounds`. The work is strictly sequential and keyed by the
 * password at every stage; one round is stock PBKDF2.
 *
 * Workers derive bits on the thread that serves all requests of an isolate. With a `pause` that lets others
 * run, they wait for one call at most; without, for the whole hash.
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
    // biome-ignore lint/nursery/useAwaitThenable: it is a promise, behind an alias that the rule does not look through
    if (round > 0 && pause) await pause()
    const algorithm = { name: 'PBKDF2', hash: 'SHA-256', salt: block, iterations }
    block = new Uint8Array(await crypto.subtle.deriveBits(algorithm, key, HASH_BYTES * 8))
  }
  return block
}

/**
 * A hasher with a work factor of its own and a source of random bytes. Passwords are brought to NFKC first
 * (NIST SP 800-63B-4 section 3.1.1.2): the same password typed on macOS and on Windows is the same password.
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
      // A cheaper hash of old would be told from an unknown account by its time, and a right password from a
      // wrong one where that opens nothing.
      await spendMissing(derive, work, spent)
      return {
        matches,
        outdated: expected.iterations !== work.iterations || expected.rounds !== work.rounds,
      }
    },
  }
}

/** Does the work that `spent` falls short of `due`, in calls that production accepts. */
async function spendMissing(derive: Derive, due: WorkFactor, spent: WorkFactor): Promise<void> {
  const missing = due.iterations * due.rounds - spent.iterations * spent.rounds
  if (missing <= 0) return
  const rounds = Math.ceil(missing / MAX_ITERATIONS_PER_CALL)
  await derive('', new Uint8Array(SALT_BYTES), { iterations: Math.ceil(missing / rounds), rounds })
}

/**
 * Reads a stored hash; `null` for anything that isn't one or whose parameters are out of bounds. The bounds
 * are checked before any work is done, so that a tampered row can neither stall a Worker nor ask for a call
 * that production refuses.
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

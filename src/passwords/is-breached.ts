import { sha1Hex } from '../crypto/sha1.ts'
import type { Deps } from '../deps.ts'

/** Of the answer as a whole, body included: somebody waits. A range comes in a few hundredths of this. */
const TIMEOUT_MILLISECONDS = 1000

/** What leaves this server. A range has about a thousand passwords, and nobody learns which was meant. */
const PREFIX_DIGITS = 5

/** The other 35 digits of a SHA-1, and in how many breaches' accounts it was. */
const LINE = /^[0-9A-F]{35}:\d+$/

type Failure = 'timeout' | 'unreachable' | 'unexpected_status' | 'malformed'

/**
 * Whether a password is known from a data breach, by the range API of Have I Been Pwned. Only the first five
 * digits of its SHA-1 are sent, and padding is asked for, so that the size of the answer doesn't give away
 * the range to whoever watches the encrypted connection.
 *
 * Fails open: where the service is down, `false`, and one `breach_check_failed` in the log that says nothing
 * of the password. Otherwise its outage would be one of registering here.
 *
 * @returns `false` too where the configuration asks nobody
 * @see https://haveibeenpwned.com/API/v3#PwnedPasswordsPadding
 */
export async function isBreached(
  { fetch, log, config: { breachedPasswordsUrl } }: Pick<Deps, 'fetch' | 'log' | 'config'>,
  password: string,
): Promise<boolean> {
  if (breachedPasswordsUrl === null) return false
  const digest = await sha1Hex(password.normalize('NFKC'))
  const suffix = digest.slice(PREFIX_DIGITS)
  const range = await fetchRange(fetch, breachedPasswordsUrl + digest.slice(0, PREFIX_DIGITS))
  if (typeof range === 'string') {
    log({ event: 'breach_check_failed', reason: range })
    return false
  }
  // A count of 0 is padding.
  return range.some((line) => line.startsWith(`${suffix}:`) && !/:0+$/.test(line))
}

/** The lines of a range, or why there are none. */
async function fetchRange(fetch: Deps['fetch'], url: string): Promise<string[] | Failure> {
  const signal = AbortSignal.timeout(TIMEOUT_MILLISECONDS)
  const headers = { 'Add-Padding': 'true', 'User-Agent': 'lumascope-auth' }
  try {
    // A redirect would send the digits to somebody whom nobody configured. ('error' is unknown to Workers.)
    const response = await fetch(url, { headers, redirect: 'manual', signal })
    if (response.status !== 200) {
      await response.body?.cancel()
      return 'unexpected_status'
    }
    const lines = (await response.text()).trimEnd().toUpperCase().split(/\r?\n/)
    return lines.every((line) => LINE.test(line)) ? lines : 'malformed'
  } catch {
    return signal.aborted ? 'timeout' : 'unreachable'
  }
}

import { sha1Hex } from '../crypto/sha1.ts'
import type { Deps } from '../deps.ts'

/** For the whole response, since the client waits. A range usually takes a few hundredths of this. */
const TIMEOUT_MILLISECONDS = 1000

/** Only these leave this server. About a thousand passwords share them: k-anonymity. */
const PREFIX_DIGITS = 5

/** The other 35 digits of a SHA-1, and how often the password was seen in breaches. */
const LINE = /^[0-9A-F]{35}:\d+$/

type Failure = 'timeout' | 'unreachable' | 'unexpected_status' | 'malformed'

/**
 * Whether a password is known from a data breach, by the range API of Have I Been Pwned. Only the first five
 * digits of its SHA-1 are sent. The request asks for padding, since the size of an encrypted response would
 * otherwise show somebody who watches the network which range it is.
 *
 * It fails open: if the service is down, `false`, and a `breach_check_failed` in the log without any of the
 * password. Otherwise nobody could register during an outage of the service.
 *
 * @returns `false` too if `BREACHED_PASSWORDS_URL` is off
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
  // Lines with a count of 0 are padding.
  return range.some((line) => line.startsWith(`${suffix}:`) && !/:0+$/.test(line))
}

/** The lines of a range, or why there are none. */
async function fetchRange(fetch: Deps['fetch'], url: string): Promise<string[] | Failure> {
  const signal = AbortSignal.timeout(TIMEOUT_MILLISECONDS)
  const headers = { 'Add-Padding': 'true', 'User-Agent': 'lumascope-auth' }
  try {
    // A redirect would send the digits to a server that is not configured. (Workers do not support 'error'.)
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

import { MAX_ITERATIONS_PER_CALL, MAX_ROUNDS } from '../crypto/password.ts'
import type { Feature } from '../features/feature.ts'
import { integer, serviceUrl } from '../features/rules.ts'

/** @see https://haveibeenpwned.com/API/v3#PwnedPasswords */
export const PWNED_PASSWORDS_URL = 'https://api.pwnedpasswords.com/range/'

export const passwords = {
  variables: {
    PASSWORD_ITERATIONS: {
      rule: integer(1, MAX_ITERATIONS_PER_CALL),
      unit: 'per call',
      default: '100000',
      reason: 'PBKDF2 iterations a call; Workers refuse more',
    },
    PASSWORD_ROUNDS: {
      rule: integer(1, MAX_ROUNDS),
      unit: 'calls',
      default: '6',
      reason: 'chained calls; iterations × rounds must reach OWASP’s 600,000',
    },
    PASSWORD_MIN_LENGTH: {
      rule: integer(8, 64),
      unit: 'code points',
      default: '8',
      reason: 'of new passwords, 8 to 64',
    },
    BREACHED_PASSWORDS_URL: {
      rule: serviceUrl,
      unit: 'URL or `off`',
      otherwise: 'HIBP’s range API; `off` on loopback',
      reason: 'refuses passwords from breaches; only the first 5 digits of their SHA-1 are sent',
    },
    GUESSING_ALARM: {
      rule: integer(1, 100_000),
      unit: 'failed sign-ins an hour',
      default: '1000',
      reason: 'that many over all accounts record the event `guessing_suspected` and log a line',
    },
  },
  errors: {
    invalid_credentials: {
      status: 401,
      title: 'Sign-in failed',
      advice: 'The account and the password do not match. The answer is the same for every reason.',
      challenge: 'no_token',
    },
    wrong_password: {
      status: 403,
      title: 'The current password is wrong',
      advice: 'You are still signed in. Send the current password to confirm this change.',
    },
    weak_password: {
      status: 422,
      title: 'The password is too weak',
      advice: 'It is too common, was part of a breach or resembles the account. Choose another one.',
    },
  },
  events: {
    password_confirmation_failed: { meaning: 'A signed-in user gave a wrong password.' },
    password_changed: { meaning: 'The password was changed.' },
    password_reset_requested: { meaning: 'A mail to choose a new password was asked for.' },
    password_reset_issued: {
      meaning: 'An operator made a link to choose a new password.',
      byOperators: true,
    },
    password_reset: { meaning: 'A new password was chosen by a link; every session ended.' },
    hash_upgraded: { meaning: 'The stored password hash was made stronger.' },
    guessing_suspected: { meaning: 'More sign-ins failed in an hour, over all accounts, than is usual.' },
  },
} as const satisfies Feature

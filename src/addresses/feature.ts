import type { Feature } from '../features/feature.ts'
import { oneOf } from '../features/rules.ts'

export const addresses = {
  variables: {
    REQUIRE_VERIFIED_EMAIL: {
      rule: oneOf('off', 'sign-in'),
      unit: '`off`, `sign-in`',
      default: 'off',
      reason:
        '`sign-in`: nobody signs in before the address is verified; the right password sends the mail ' +
        'again. Needs mail',
    },
  },
  errors: {
    email_not_verified: {
      status: 403,
      title: 'The email address is not verified',
      advice: 'Open the link in the newest mail that was sent to it, then sign in.',
    },
  },
  events: {
    email_verification_requested: { meaning: 'A link to verify the address was asked for.' },
    email_verified: { meaning: 'The owner of the address opened the link in a mail to it.' },
    registration_rejected: {
      meaning: 'The owner of the address said that the account is not theirs: it was deleted.',
    },
    email_change_requested: { meaning: 'A change of the address was asked for, with the password.' },
    email_changed: { meaning: 'The address was changed, once the new one was verified.' },
    email_change_undone: {
      meaning: 'The old address is back: every session ended, and the password is void until it is reset.',
    },
  },
} as const satisfies Feature

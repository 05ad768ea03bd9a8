import type { Feature } from '../features/feature.ts'

export const administration = {
  events: {
    account_created: { meaning: 'An administrator created the account.' },
    account_disabled: { meaning: 'The account was disabled, or the reason for it changed.' },
    account_enabled: { meaning: 'The account was enabled.', byOperators: true },
    account_unlocked: {
      meaning: 'Wrong passwords were forgotten, a hundred of which had locked the account or would have.',
      byOperators: true,
    },
  },
  permissions: {
    'users:read': 'Find and read accounts.',
    'users:write': 'Change, disable and enable accounts; create them where registration is closed.',
    'users:delete': 'Delete accounts.',
    'sessions:revoke': 'See where somebody is signed in, and sign them out.',
  },
} as const satisfies Feature

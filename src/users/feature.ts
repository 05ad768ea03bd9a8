import { accountFields } from '../features/account-rules.ts'
import type { Feature } from '../features/feature.ts'
import { oneOf } from '../features/rules.ts'
import { users as table } from './schema.ts'

export const users = {
  tables: { users: table },
  variables: {
    ACCOUNT_FIELDS: {
      rule: accountFields,
      unit: 'names, by comma',
      default: 'username, full_name',
      reason:
        'what an account has beside email address and password: `username`, `full_name`, each optional ' +
        'with a `?` behind it; `none` for neither. Requests have only these, and people sign in by ' +
        'username only where there are usernames',
    },
    REGISTRATION: {
      rule: oneOf('open', 'closed'),
      unit: '`open`, `closed`',
      default: 'open',
      reason: '`closed`: nobody registers, and `POST /users` needs the permission `users:write`',
    },
  },
  errors: {
    registration_closed: {
      status: 403,
      title: 'Registration is closed',
      advice: 'Accounts are created by administrators. Ask one of them for yours.',
    },
    email_taken: {
      status: 409,
      title: 'The email address is taken',
      advice: 'An account with this address exists. Sign in, or reset its password.',
    },
    username_taken: {
      status: 409,
      title: 'The username is taken',
      advice: 'Choose another one. Upper and lower case make no difference.',
    },
  },
  events: {
    registered: { meaning: 'The account was created.' },
    profile_changed: { meaning: 'The members named in `details` were changed.', byOperators: true },
    account_deleted: { meaning: 'The account was deleted.' },
  },
} as const satisfies Feature

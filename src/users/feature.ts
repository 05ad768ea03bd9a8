import type { Feature } from '../features/feature.ts'
import { users as table } from './schema.ts'

export const users = {
  tables: { users: table },
  errors: {
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
    profile_changed: { meaning: 'The members named in `details` were changed.' },
    account_deleted: { meaning: 'The account was deleted.' },
  },
} as const satisfies Feature

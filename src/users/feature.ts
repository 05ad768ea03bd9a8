import * as z from 'zod/mini'
import type { Feature } from '../features/feature.ts'
import { oneOf, step, words } from '../features/rules.ts'
import { users as table } from './schema.ts'

/** The fields of an account beside the email address and the password, by their names in JSON. */
export const ACCOUNT_FIELDS = ['username', 'full_name'] as const

export type AccountField = (typeof ACCOUNT_FIELDS)[number]

/** Whether requests must have a field, may have it, or can't: then it does not exist for them. */
export type Presence = 'required' | 'optional' | 'absent'

export type AccountFields = Readonly<Record<AccountField, Presence>>

/** `username, full_name?`: a field with a question mark may be left out. */
const accountFields = z.pipe(
  words,
  step((list: string[], refuse): AccountFields => {
    const allowed = ACCOUNT_FIELDS.flatMap((name) => [name, `${name}?`])
    if (!list.every((word) => allowed.includes(word)))
      refuse('takes username and full_name, each with or without a question mark, or none')
    const toPresence = (name: AccountField): Presence => {
      if (list.includes(name) && list.includes(`${name}?`)) refuse('repeats a name')
      if (list.includes(name)) return 'required'
      return list.includes(`${name}?`) ? 'optional' : 'absent'
    }
    return { username: toPresence('username'), full_name: toPresence('full_name') }
  }),
)

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
    REGISTRATION_PRIVACY: {
      rule: oneOf('off', 'strict'),
      unit: '`off`, `strict`',
      default: 'off',
      reason:
        '`strict`: registering is answered 202 alike for new and known addresses, and the owner of a known ' +
        'one gets a mail; needs mail',
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

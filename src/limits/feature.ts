import type { Feature } from '../features/feature.ts'
import { limitVariable, PER_ACCOUNT, PER_CLIENT } from '../features/rules.ts'
import { rateLimits } from './schema.ts'

export const limits = {
  tables: { rateLimits },
  variables: {
    LIMIT_SIGN_IN_ACCOUNT: limitVariable({
      name: 'sign_in_account',
      default: '5/300',
      bounds: PER_ACCOUNT,
      unit: 'attempts/seconds',
      reason:
        'a burst of 5, refilled evenly over 300 seconds; a success gives back what it spent. A browser ' +
        'that signed in before has a bucket of its own',
    }),
    LIMIT_SIGN_IN_ADDRESS: limitVariable({
      name: 'sign_in_address',
      default: '20/60',
      bounds: PER_CLIENT,
      unit: 'attempts/seconds',
      reason: 'per client address; IPv6 by /64, and four and sixteen times as many by /56 and /48',
    }),
    LIMIT_REGISTER_ADDRESS: limitVariable({
      name: 'register_address',
      default: '10/3600',
      bounds: PER_CLIENT,
      unit: 'attempts/seconds',
      reason: 'the same, for registering',
    }),
    LIMIT_ACT_ACCOUNT: limitVariable({
      name: 'act',
      default: '60/60',
      bounds: PER_ACCOUNT,
      unit: 'requests/seconds',
      reason:
        'by account: requests that can change something, all but GET; ending sessions and changing the ' +
        'password by session',
    }),
    LIMIT_PROFILE_ACCOUNT: limitVariable({
      name: 'profile',
      default: '10/3600',
      bounds: PER_ACCOUNT,
      unit: 'requests/seconds',
      reason: 'by account: changes of the username, which also show whether one is taken',
    }),
    LIMIT_MAIL_ACCOUNT: limitVariable({
      name: 'mail_account',
      default: '3/3600',
      bounds: PER_ACCOUNT,
      unit: 'mails/seconds',
      reason: 'of each kind that somebody can ask for, by recipient, whether there is an account or not',
    }),
    LIMIT_MAIL_ADDRESS: limitVariable({
      name: 'mail_address',
      default: '10/3600',
      bounds: PER_CLIENT,
      unit: 'mails/seconds',
      reason: 'the same by client address, as for registering',
    }),
    LIMIT_REFRESH_SESSION: limitVariable({
      name: 'refresh_session',
      default: '60/60',
      bounds: PER_ACCOUNT,
      unit: 'refreshes/seconds',
      reason: 'of one session, counted by each process or isolate',
    }),
    LIMIT_FLOOD_ADDRESS: limitVariable({
      name: 'flood_address',
      default: '100/60',
      bounds: PER_CLIENT,
      unit: 'requests/seconds',
      reason:
        'by client address: requests that cost a hash, refused before any query. On Workers ' +
        '`[[ratelimits]]` in `wrangler.toml` decides, and this has to repeat it',
    }),
  },
  errors: {
    rate_limited: {
      status: 429,
      title: 'Too many attempts',
      advice: 'Wait for as many seconds as Retry-After says.',
    },
    overloaded: {
      status: 503,
      title: 'Too busy at the moment',
      advice: 'Too much costly work is waiting already. Send the request again after Retry-After.',
      headers: { 'Retry-After': '5' },
    },
  },
  events: {
    limited: {
      meaning: 'Requests were refused because there were too many; `limit` in `details` names the limit.',
    },
  },
  purges: {
    // Not the row of a concurrent attempt, which has locked and renewed it.
    budgets: { table: rateLimits, age: rateLimits.expiresAt, keepDays: 0 },
  },
} as const satisfies Feature

import type { Feature } from '../features/feature.ts'
import { flag, oneOf, origin, origins } from '../features/rules.ts'

export const access = {
  variables: {
    APP_URL: {
      rule: origin,
      unit: 'origin',
      otherwise: '`http://localhost:3000`',
      reason: 'where the frontend is; required if `PUBLIC_URL` is not loopback',
    },
    CORS_ORIGINS: {
      rule: origins,
      unit: 'origins, by comma',
      otherwise: '`APP_URL`',
      reason:
        'which pages may read answers and use cookies; exact, never `*`; apps too ' +
        '(`capacitor://localhost`). If `PUBLIC_URL` is loopback, every origin of this machine may; ' +
        'elsewhere none of plain http. The log reports one that is refused as `origin_refused`',
    },
    COOKIE_SAME_SITE: {
      // Of cookies (RFC 6265bis section 5.6.7).
      rule: oneOf('lax', 'strict', 'none'),
      unit: '`lax`, `strict`, `none`',
      default: 'lax',
      reason:
        '`SameSite` of cookies; `none` for a frontend on another site, where Safari, Firefox and others ' +
        'refuse or partition such cookies: better serve both under one site, or use tokens',
    },
    COOKIE_PARTITIONED: {
      rule: flag,
      unit: '`true`, `false`',
      default: 'false',
      reason:
        'with `none`: browsers that refuse third-party cookies take these, kept apart by the site that ' +
        'embeds the frontend (CHIPS)',
    },
  },
  errors: {
    unauthenticated: {
      status: 401,
      title: 'Sign-in required',
      advice: 'Sign in with POST /login and send the access token as "Authorization: Bearer <token>".',
      challenge: 'no_token',
    },
    access_token_expired: {
      status: 401,
      title: 'The access token has expired',
      advice: 'The refresh cookie is still there: call POST /refresh and repeat the request.',
      challenge: 'no_token',
    },
    invalid_token: {
      status: 401,
      title: 'The token is not accepted',
      advice: 'It has expired, was revoked or is not one of ours. Refresh it or sign in again.',
      challenge: 'invalid_token',
    },
    forbidden: {
      status: 403,
      title: 'Not allowed',
      advice: 'You are signed in, but a permission that this needs is missing.',
      challenge: 'insufficient_scope',
    },
    origin_rejected: {
      status: 403,
      title: 'The origin is not allowed',
      advice:
        'A request that sends or asks for cookies must come from a page of this server, or of an origin ' +
        'that CORS_ORIGINS names.',
    },
  },
} as const satisfies Feature

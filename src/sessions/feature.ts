import * as z from 'zod/mini'
import type { Feature } from '../features/feature.ts'
import { integer, label, oneOf, secret, secrets, signingKeys, step, words } from '../features/rules.ts'
import { sessions as table } from './schema.ts'

const CLAIMS = ['full_name', 'username', 'email', 'roles', 'scope'] as const

/** The claims of access tokens that are for clients and other services. */
export type Claims = {
  readonly names: ReadonlySet<(typeof CLAIMS)[number]>
  /** The top-level members of `app_metadata` that are in the claim of that name. */
  readonly appMetadata: readonly string[]
}

/** A token has to fit into a header: see `MAX_CLAIM_CHARACTERS` of `metadata-claims.ts`. */
const MAX_METADATA_CLAIMS = 8

const METADATA = 'app_metadata.'

/** `full_name, roles, app_metadata.plan` */
const claims = z.pipe(
  words,
  step((list: string[], refuse): Claims => {
    const members = list.filter((word) => word.startsWith(METADATA))
    const appMetadata = members.map((word) => word.slice(METADATA.length))
    const names = list.filter((word) => !members.includes(word))
    const isKnown = (name: string): name is (typeof CLAIMS)[number] => CLAIMS.some((known) => known === name)
    if (!names.every(isKnown) || !appMetadata.every((name) => /^(?!__proto__$)[\w-]{1,64}$/.test(name)))
      refuse(`takes ${CLAIMS.join(', ')} and ${METADATA}<member>, or none`)
    if (appMetadata.length > MAX_METADATA_CLAIMS)
      refuse(`names more than ${MAX_METADATA_CLAIMS} members of app_metadata`)
    return { names: new Set(names.filter(isKnown)), appMetadata }
  }),
)

export const sessions = {
  tables: { sessions: table },
  variables: {
    JWT_SECRET: {
      rule: secret,
      unit: '32 random bytes, base64 or hex',
      otherwise: 'this or `JWT_SIGNING_KEYS`',
      secret: true,
      reason:
        'signs tokens (HS256), which only this server can verify then; beside `JWT_SIGNING_KEYS` it only ' +
        'verifies',
    },
    JWT_SIGNING_KEYS: {
      rule: signingKeys,
      unit: 'JSON array of JWKs',
      otherwise: 'this or `JWT_SECRET`',
      secret: true,
      reason:
        '`npm run keys` makes them. The first signs, all verify, so that keys can be replaced; everybody ' +
        'can verify ES256 and EdDSA',
    },
    JWT_AUDIENCE: {
      rule: label,
      unit: 'string',
      otherwise: '`PUBLIC_URL`',
      reason: 'whom tokens are for; keeps those of staging out of production',
    },
    JWT_SUBJECT: {
      rule: oneOf('email', 'id'),
      unit: '`email`, `id`',
      default: 'email',
      reason:
        'the claim `sub`. `id` is right for everything new: an address can change hands, and a service ' +
        'that keeps data by it would give them to its next owner',
    },
    JWT_CLAIMS: {
      rule: claims,
      unit: 'names, by comma',
      default: 'full_name, roles, scope',
      reason:
        'what else is in access tokens: `full_name`, `username`, `email`, `roles`, `scope`, ' +
        '`app_metadata.<member>`; or `none`. As it was when the token was issued. In cookies nothing does',
    },
    JWT_TYPE: {
      rule: oneOf('JWT', 'at+jwt'),
      unit: '`JWT`, `at+jwt`',
      default: 'JWT',
      reason: 'the header `typ`; `at+jwt` for services that follow RFC 9068, with `APP_URL` as `client_id`',
    },
    AUTH_SECRETS: {
      rule: secrets,
      unit: 'as `JWT_SECRET`, by comma',
      required: true,
      secret: true,
      reason: 'all keys but the signing ones are derived from these; the first one makes, all are accepted',
    },
    ACCESS_TOKEN_SECONDS: {
      rule: integer(60, 86_400),
      unit: 'seconds',
      default: '1800',
      reason: 'lifetime of an access token, 60 to 86400',
    },
    REFRESH_IDLE_SECONDS: {
      rule: integer(60, 31_536_000),
      unit: 'seconds',
      default: '604800',
      reason: 'a session that is not refreshed for so long ends',
    },
    REFRESH_GRACE_SECONDS: {
      rule: integer(0, 60),
      unit: 'seconds',
      default: '10',
      reason:
        'how long a refresh token that was replaced still answers the current one, 0 to 60, and five more ' +
        'for clocks that differ; two minutes if its successor was never presented',
    },
    SESSION_SECONDS: {
      rule: integer(60, 31_536_000),
      unit: 'seconds',
      default: '2592000',
      reason: 'a session ends after this, however often it is refreshed',
    },
  },
  events: {
    signed_in: { meaning: 'Somebody signed in.' },
    sign_in_failed: { meaning: 'A sign-in failed.' },
    refresh_token_replayed: { meaning: 'A used refresh token came back, so its session was ended.' },
    signed_out: { meaning: 'A session was signed out.' },
    session_ended: { meaning: 'Sessions were ended from elsewhere, or as there were too many.' },
  },
  purges: {
    // Thirty days after its end, for investigations. The idle end of a live session is in the future, and a
    // refresh moves it further.
    sessions: { table, age: table.idleExpiresAt, keepDays: 30 },
  },
} as const satisfies Feature

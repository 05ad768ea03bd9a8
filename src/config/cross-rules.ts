import { MIN_TOTAL_ITERATIONS } from '../crypto/password.ts'
import type { MailUrl } from '../mail/mail-url.ts'
import { resolveDatabase } from '../net/database-host.ts'
import { isLoopback, isLoopbackAddress, isOnThisMachine } from '../net/loopback.ts'
import { isDevelopmentOrigin } from '../net/origin.ts'
import type { Claims } from '../sessions/feature.ts'
import { ACCOUNT_FIELDS, type AccountFields } from '../users/feature.ts'
import { reusedSecrets } from './reused-secrets.ts'

// Rules that need several variables. Those of one variable are in `features/rules.ts`.

type Values = Parameters<typeof reusedSecrets>[0] & {
  DATABASE_URL?: string | undefined
  DATABASE_ENDPOINT?: string | undefined
  PUBLIC_URL?: string
  APP_URL?: string | undefined
  CORS_ORIGINS?: readonly string[] | undefined
  COOKIE_SAME_SITE?: 'lax' | 'strict' | 'none'
  COOKIE_PARTITIONED?: boolean
  PASSWORD_ITERATIONS?: number
  PASSWORD_ROUNDS?: number
  HOST?: string
  ACCOUNT_FIELDS?: AccountFields
  JWT_CLAIMS?: Claims
  MAIL_URL?: MailUrl | undefined
  REQUIRE_VERIFIED_EMAIL?: 'off' | 'sign-in'
  REGISTRATION_PRIVACY?: 'off' | 'strict'
}

type IsSet = (name: string) => boolean

const NO_KEY = 'JWT_SECRET or JWT_SIGNING_KEYS must be set'
const LISTENS_TO_NETWORK =
  'HOST listens to the network, but PUBLIC_URL is plain http on loopback: passwords and cookies would ' +
  'cross the network in the clear. Set PUBLIC_URL to the https origin of your proxy; for a container on ' +
  'your own machine that is one like https://localhost, or share the network (docker run --network host)'
const TRUSTS_DEVELOPMENT =
  'names a plain-http origin on loopback, and PUBLIC_URL is not one: whatever listens there on a user’s ' +
  'machine could act for that user'

/**
 * Finds the problems of variables that are valid by themselves but not together.
 *
 * @param values the variables that passed their own rules
 * @param isSet whether a variable is set at all: one that failed its own rule is not missing
 */
export function crossProblems(values: Values, isSet: IsSet): string[] {
  return [
    ...databaseProblems(values),
    ...networkProblems(values, isSet),
    ...cookieProblems(values),
    ...workProblems(values),
    ...claimProblems(values, isSet),
    ...mailProblems(values, isSet),
    ...reusedSecrets(values),
    ...(isSet('JWT_SECRET') || isSet('JWT_SIGNING_KEYS') ? [] : [NO_KEY]),
  ]
}

function databaseProblems({ DATABASE_URL: url, DATABASE_ENDPOINT: endpoint }: Values): string[] {
  const database = url === undefined ? {} : resolveDatabase(url, endpoint)
  return 'problem' in database ? [`DATABASE_URL ${database.problem}`] : []
}

/** Problems with the URL that clients reach this server by. */
function networkProblems(values: Values, isSet: IsSet): string[] {
  const { PUBLIC_URL: publicUrl, APP_URL: appUrl, CORS_ORIGINS: origins = [], HOST: host } = values
  if (publicUrl === undefined) return []
  if (isLoopback(new URL(publicUrl).hostname)) {
    const isExposed = host !== undefined && !isLoopbackAddress(host) && publicUrl.startsWith('http:')
    return isExposed ? [LISTENS_TO_NETWORK] : []
  }
  return [
    ...(isSet('APP_URL') ? [] : ['APP_URL is missing (it has a default on loopback only)']),
    ...(appUrl !== undefined && isDevelopmentOrigin(appUrl) ? [`APP_URL ${TRUSTS_DEVELOPMENT}`] : []),
    ...(origins.some(isDevelopmentOrigin) ? [`CORS_ORIGINS ${TRUSTS_DEVELOPMENT}`] : []),
  ]
}

function cookieProblems(values: Values): string[] {
  const { PUBLIC_URL: url, COOKIE_SAME_SITE: sameSite, COOKIE_PARTITIONED: isPartitioned } = values
  return [
    ...(sameSite === 'none' && url?.startsWith('http:')
      ? ['COOKIE_SAME_SITE none needs https as PUBLIC_URL: browsers drop such cookies otherwise']
      : []),
    ...(isPartitioned && sameSite !== 'none'
      ? ['COOKIE_PARTITIONED needs COOKIE_SAME_SITE none: others are not sent from another site']
      : []),
  ]
}

function workProblems({ PASSWORD_ITERATIONS: iterations, PASSWORD_ROUNDS: rounds }: Values): string[] {
  const total = (iterations ?? Number.NaN) * (rounds ?? Number.NaN)
  if (!(total < MIN_TOTAL_ITERATIONS)) return []
  return [
    `PASSWORD_ITERATIONS × PASSWORD_ROUNDS is ${total}; OWASP asks for at least ${MIN_TOTAL_ITERATIONS}`,
  ]
}

/** The default names `full_name`, which is simply left out if accounts have none. */
function claimProblems({ ACCOUNT_FIELDS: fields, JWT_CLAIMS: claims }: Values, isSet: IsSet): string[] {
  if (!fields || !claims || !isSet('JWT_CLAIMS')) return []
  const missing = ACCOUNT_FIELDS.filter((name) => claims.names.has(name) && fields[name] === 'absent')
  return missing.map((name) => `JWT_CLAIMS names ${name}, which is not among ACCOUNT_FIELDS`)
}

/** Both settings depend on mail: to verify an address, and to tell its owner that it is taken. */
function mailProblems(values: Values, isSet: IsSet): string[] {
  const { MAIL_URL: url, PUBLIC_URL: publicUrl, REQUIRE_VERIFIED_EMAIL, REGISTRATION_PRIVACY } = values
  if (publicUrl === undefined || (isSet('MAIL_URL') && url === undefined)) return []
  const isOff = url ? url.kind === 'off' : !isOnThisMachine(publicUrl, values.HOST ?? '')
  const needing = [
    ...(REQUIRE_VERIFIED_EMAIL === 'sign-in' ? ['REQUIRE_VERIFIED_EMAIL sign-in'] : []),
    ...(REGISTRATION_PRIVACY === 'strict' ? ['REGISTRATION_PRIVACY strict'] : []),
  ]
  return [
    ...(isOff ? needing.map((setting) => `${setting} needs MAIL_URL`) : []),
    ...(url && !isOff && !isSet('MAIL_FROM') ? ['MAIL_FROM is missing: MAIL_URL is set'] : []),
  ]
}

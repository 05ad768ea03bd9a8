import * as z from 'zod/mini'
import {
  databaseUrl,
  integer,
  type Limit,
  label,
  limit,
  origin,
  origins,
  secret,
  secrets,
  serviceUrl,
  signingKeys,
} from './config/rules.ts'
import { MAX_ITERATIONS_PER_CALL, MAX_ROUNDS, MIN_TOTAL_ITERATIONS } from './crypto/password.ts'
import { hs256Key, isUsable, pick, type SigningKey } from './crypto/signing-key.ts'
import { isLoopback } from './loopback.ts'

// The README's table lists every variable with its unit, default and reason; a test compares the two.

/** Every variable this server reads, each with its own rule. Rules across variables are in `parseConfig`. */
const VARIABLES = {
  DATABASE_URL: databaseUrl,
  DATABASE_TIMEOUT_MILLISECONDS: integer(500, 15_000, 3000),
  PUBLIC_URL: origin,
  APP_URL: z.optional(origin),
  CORS_ORIGINS: z.optional(origins),
  JWT_SECRET: z.optional(secret),
  JWT_SIGNING_KEYS: z.optional(signingKeys),
  JWT_AUDIENCE: z.optional(label),
  AUTH_SECRETS: secrets,
  ACCESS_TOKEN_SECONDS: integer(60, 86_400, 1800),
  REFRESH_IDLE_SECONDS: integer(60, 31_536_000, 604_800),
  REFRESH_GRACE_SECONDS: integer(0, 60, 10),
  SESSION_SECONDS: integer(60, 31_536_000, 2_592_000),
  PASSWORD_ITERATIONS: integer(1, MAX_ITERATIONS_PER_CALL, MAX_ITERATIONS_PER_CALL),
  PASSWORD_ROUNDS: integer(1, MAX_ROUNDS, 6),
  PASSWORD_MIN_LENGTH: integer(8, 64, 8),
  BREACHED_PASSWORDS_URL: z.optional(serviceUrl),
  LIMIT_SIGN_IN_ACCOUNT: limit('5/300'),
  LIMIT_SIGN_IN_ADDRESS: limit('20/60'),
  LIMIT_REGISTER_ADDRESS: limit('10/3600'),
  LIMIT_ACT_ACCOUNT: limit('60/60'),
  LIMIT_PROFILE_ACCOUNT: limit('10/3600'),
  LIMIT_REFRESH_SESSION: limit('60/60'),
  LIMIT_FLOOD_ADDRESS: limit('100/60'),
  GUESSING_ALARM: integer(1, 100_000, 1000),
  AUDIT_RETENTION_DAYS: integer(1, 3650, 365),
  COOKIE_SAME_SITE: z._default(
    z.enum(['lax', 'strict', 'none'], { error: 'must be lax, strict or none' }),
    'lax',
  ),
  HOST: z._default(label, '127.0.0.1'),
  PORT: integer(1, 65_535, 8000),
  TRUSTED_PROXY_HOPS: integer(0, 10, 0),
}

type VariableName = keyof typeof VARIABLES
type Variables = { [Name in VariableName]: z.output<(typeof VARIABLES)[Name]> }

/** The names of all variables, for tools that pick them out of a larger environment. */
export const VARIABLE_NAMES = Object.keys(VARIABLES) as VariableName[]

/** What is limited, and by whom it is counted. */
export type LimitName =
  | 'signInAccount'
  | 'signInAddress'
  | 'registerAddress'
  | 'act'
  | 'profile'
  | 'refreshSession'
  | 'floodAddress'

export type Config = {
  databaseUrl: string
  databaseTimeoutMilliseconds: number
  /** This server's own origin; also the `iss` of its tokens. */
  publicUrl: string
  appUrl: string
  corsOrigins: readonly string[]
  signingKeys: readonly SigningKey[]
  audience: string
  /** What keys of all purposes but signing are derived from; the first makes, all are accepted. */
  authSecrets: readonly string[]
  accessTokenSeconds: number
  refresh: { idleSeconds: number; graceSeconds: number }
  sessionSeconds: number
  passwordWork: { iterations: number; rounds: number }
  /** In code points. */
  passwordMinLength: number
  /** The range API that knows breached passwords; `null`: none is asked. */
  breachedPasswordsUrl: string | null
  limits: Record<LimitName, Limit>
  auditRetentionDays: number
  /** So many failed sign-ins in an hour, over all accounts, are an alarm. */
  guessingAlarm: number
  cookies: { secure: boolean; sameSite: 'lax' | 'strict' | 'none' }
  node: { host: string; port: number; trustedProxyHops: number }
}

/** Everything wrong with a configuration at once, one line a problem. Values are never quoted. */
export class ConfigError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`The configuration is not valid:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/**
 * Reads the configuration from Worker bindings or environment variables. An empty variable counts as absent.
 *
 * @param source the bindings; a text variable this server does not know is refused, since a misspelt name
 *   would otherwise silently leave a default in force. Bindings that are not texts are left alone.
 * @throws ConfigError that names every variable in the way and the reason
 */
export function parseConfig(source: Readonly<Record<string, unknown>>): Config {
  const problems: string[] = []
  for (const [name, value] of Object.entries(source)) {
    if (typeof value === 'string' && !Object.hasOwn(VARIABLES, name))
      problems.push(`${name} is not a variable of this server`)
  }
  const values: Record<string, unknown> = {}
  for (const name of VARIABLE_NAMES) {
    const value = source[name] === '' ? undefined : source[name]
    if (value !== undefined && typeof value !== 'string') {
      problems.push(`${name} must be a text: put its value in quotes`)
      continue
    }
    const result = VARIABLES[name].safeParse(value)
    if (result.success) values[name] = result.data
    else problems.push(value ? `${name} ${messages(result.error)}` : `${name} is missing`)
  }
  problems.push(...crossProblems(source, values))
  if (problems.length > 0) throw new ConfigError(problems)
  return toConfig(values as Variables)
}

/**
 * The rest of the check, which takes cryptography: each signing key is used once.
 *
 * @throws ConfigError that names the keys whose parts do not belong together
 */
export async function assertUsableKeys({ signingKeys }: Config): Promise<void> {
  const usable = await Promise.all(signingKeys.map(isUsable))
  const broken = signingKeys.filter((_, index) => !usable[index])
  if (broken.length === 0) return
  throw new ConfigError(
    broken.map(
      ({ kid }) =>
        `JWT_SIGNING_KEYS: the private and public parts of ${JSON.stringify(kid)} do not belong together`,
    ),
  )
}

function crossProblems(source: Readonly<Record<string, unknown>>, values: Partial<Variables>): string[] {
  const problems: string[] = []
  if (!source['JWT_SECRET'] && !source['JWT_SIGNING_KEYS']) {
    problems.push('JWT_SECRET or JWT_SIGNING_KEYS must be set')
  }
  if (values.PUBLIC_URL && !isLoopback(new URL(values.PUBLIC_URL).hostname) && !source['APP_URL']) {
    problems.push('APP_URL is missing (it has a default on loopback only)')
  }
  if (values.COOKIE_SAME_SITE === 'none' && values.PUBLIC_URL?.startsWith('http:')) {
    problems.push('COOKIE_SAME_SITE none needs https as PUBLIC_URL: browsers drop such cookies otherwise')
  }
  const total = (values.PASSWORD_ITERATIONS ?? Number.NaN) * (values.PASSWORD_ROUNDS ?? Number.NaN)
  if (total < MIN_TOTAL_ITERATIONS) {
    problems.push(
      `PASSWORD_ITERATIONS × PASSWORD_ROUNDS is ${total}; OWASP asks for at least ${MIN_TOTAL_ITERATIONS}`,
    )
  }
  return problems
}

function toConfig(values: Variables): Config {
  const appUrl = values.APP_URL ?? 'http://localhost:3000'
  return {
    databaseUrl: values.DATABASE_URL,
    databaseTimeoutMilliseconds: values.DATABASE_TIMEOUT_MILLISECONDS,
    publicUrl: values.PUBLIC_URL,
    appUrl,
    corsOrigins: values.CORS_ORIGINS ?? [appUrl],
    signingKeys: keyRingOf(values),
    audience: values.JWT_AUDIENCE ?? values.PUBLIC_URL,
    authSecrets: values.AUTH_SECRETS,
    accessTokenSeconds: values.ACCESS_TOKEN_SECONDS,
    refresh: { idleSeconds: values.REFRESH_IDLE_SECONDS, graceSeconds: values.REFRESH_GRACE_SECONDS },
    sessionSeconds: values.SESSION_SECONDS,
    passwordWork: { iterations: values.PASSWORD_ITERATIONS, rounds: values.PASSWORD_ROUNDS },
    cookies: { secure: values.PUBLIC_URL.startsWith('https:'), sameSite: values.COOKIE_SAME_SITE },
    passwordMinLength: values.PASSWORD_MIN_LENGTH,
    breachedPasswordsUrl: breachedPasswordsUrlOf(values),
    limits: {
      signInAccount: values.LIMIT_SIGN_IN_ACCOUNT,
      signInAddress: values.LIMIT_SIGN_IN_ADDRESS,
      registerAddress: values.LIMIT_REGISTER_ADDRESS,
      act: values.LIMIT_ACT_ACCOUNT,
      profile: values.LIMIT_PROFILE_ACCOUNT,
      refreshSession: values.LIMIT_REFRESH_SESSION,
      floodAddress: values.LIMIT_FLOOD_ADDRESS,
    },
    auditRetentionDays: values.AUDIT_RETENTION_DAYS,
    guessingAlarm: values.GUESSING_ALARM,
    node: {
      host: values.HOST,
      port: values.PORT,
      trustedProxyHops: values.TRUSTED_PROXY_HOPS,
    },
  }
}

/** The keys, and behind them the secret (unless a key has its name already, as after a rotation): whoever moves from one to the other refuses no token on the way. */
function keyRingOf({ JWT_SIGNING_KEYS: keys = [], JWT_SECRET: text }: Variables): SigningKey[] {
  const named = text === undefined ? [] : [hs256Key('jwt-secret', text)]
  const known = new Set(keys.map(({ kid }) => kid))
  return [...keys.map((key) => pick(key, key)), ...named.filter(({ kid }) => !known.has(kid))]
}

/** @see https://haveibeenpwned.com/API/v3#PwnedPasswords */
const PWNED_PASSWORDS_URL = 'https://api.pwnedpasswords.com/range/'

/** Off loopback the answer is asked for by default; a developer's machine asks nobody. */
function breachedPasswordsUrlOf({ BREACHED_PASSWORDS_URL: url, PUBLIC_URL: publicUrl }: Variables) {
  if (url !== undefined) return url
  return isLoopback(new URL(publicUrl).hostname) ? null : PWNED_PASSWORDS_URL
}

function messages(error: z.core.$ZodError): string {
  return error.issues
    .map(({ path, message }) => (path.length > 0 ? `[${path.join('.')}] ${message}` : message))
    .join('; ')
}

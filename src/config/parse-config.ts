import * as z from 'zod/mini'
import { MAX_ITERATIONS_PER_CALL, MAX_ROUNDS } from '../crypto/password.ts'
import { hs256Key, isUsable, pick, type SigningKey } from '../crypto/signing-key.ts'
import { isLoopback } from '../net/loopback.ts'
import { crossProblems } from './cross-rules.ts'
import { meantInEnvironment, meantName } from './misspelt.ts'
import { SECRET_KID } from './reused-secrets.ts'
import {
  databaseUrl,
  endpointUrl,
  flag,
  host,
  integer,
  type Limit,
  label,
  limit,
  origin,
  origins,
  PER_ACCOUNT,
  PER_CLIENT,
  secret,
  secrets,
  serviceUrl,
  signingKeys,
} from './rules.ts'

// The README's table lists every variable with its unit, default and reason; a test compares the two.

/** Every variable this server reads, each with its own rule. Rules across variables are in `parseConfig`. */
const VARIABLES = {
  DATABASE_URL: databaseUrl,
  DATABASE_ENDPOINT: z.optional(endpointUrl),
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
  LIMIT_SIGN_IN_ACCOUNT: limit('5/300', PER_ACCOUNT),
  LIMIT_SIGN_IN_ADDRESS: limit('20/60', PER_CLIENT),
  LIMIT_REGISTER_ADDRESS: limit('10/3600', PER_CLIENT),
  LIMIT_ACT_ACCOUNT: limit('60/60', PER_ACCOUNT),
  LIMIT_PROFILE_ACCOUNT: limit('10/3600', PER_ACCOUNT),
  LIMIT_REFRESH_SESSION: limit('60/60', PER_ACCOUNT),
  LIMIT_FLOOD_ADDRESS: limit('100/60', PER_CLIENT),
  GUESSING_ALARM: integer(1, 100_000, 1000),
  AUDIT_RETENTION_DAYS: integer(1, 3650, 365),
  COOKIE_SAME_SITE: z._default(
    z.enum(['lax', 'strict', 'none'], { error: 'must be lax, strict or none' }),
    'lax',
  ),
  COOKIE_PARTITIONED: flag,
  HOST: z._default(host, '127.0.0.1'),
  PORT: integer(1, 65_535, 8000),
  TRUSTED_PROXY_HOPS: integer(0, 10, 0),
}

type VariableName = keyof typeof VARIABLES
type Variables = { [Name in VariableName]: z.output<(typeof VARIABLES)[Name]> }

/** The names of all variables, for tools that pick them out of a larger environment. */
export const VARIABLE_NAMES = Object.keys(VARIABLES) as VariableName[]

/**
 * What concerns this server of an environment, which is every program's: the variables, and the names that are one edit
 * away from one, for `parseConfig` to refuse.
 */
export function pickVariables(environment: Readonly<Record<string, string | undefined>>) {
  const entries = Object.entries(environment)
  return Object.fromEntries(
    entries.filter(([name]) => Object.hasOwn(VARIABLES, name) || meantInEnvironment(name, VARIABLE_NAMES)),
  )
}

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
  /** Where SQL is posted to; `null`: where the connection string says. */
  databaseEndpoint: string | null
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
  cookies: { secure: boolean; sameSite: 'lax' | 'strict' | 'none'; partitioned: boolean }
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
 * Reads the configuration from Worker bindings or environment variables. An empty variable counts as absent. White space
 * around a value is not part of it, nor is a byte order mark: a file that is piped into `wrangler secret put` ends with
 * a line end, and a key that had it would be another one than everybody else computes from that file.
 *
 * @param source the bindings. A name that is meant for one of ours is refused, since it would silently leave a default in
 *   force; other strings, and bindings that are no strings, are another program's.
 * @throws ConfigError that names every variable in the way and the reason
 */
export function parseConfig(source: Readonly<Record<string, unknown>>): Config {
  const problems: string[] = []
  for (const [name, value] of Object.entries(source)) {
    const meant = typeof value === 'string' ? meantName(name, VARIABLE_NAMES) : null
    if (meant) problems.push(`${name} is not a variable of this server; is ${meant} meant?`)
  }
  const values: Record<string, unknown> = {}
  for (const name of VARIABLE_NAMES) {
    const value = trimmed(source[name])
    if (value !== undefined && typeof value !== 'string') {
      problems.push(`${name} must be a text: put its value in quotes`)
      continue
    }
    const result = VARIABLES[name].safeParse(value)
    if (result.success) values[name] = result.data
    else problems.push(value ? `${name} ${messages(result.error)}` : `${name} is missing`)
  }
  problems.push(...crossProblems(values, (name) => trimmed(source[name]) !== undefined))
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

function trimmed(value: unknown): unknown {
  return typeof value === 'string' ? value.trim() || undefined : value
}

function toConfig(values: Variables): Config {
  const appUrl = values.APP_URL ?? 'http://localhost:3000'
  return {
    databaseUrl: values.DATABASE_URL,
    databaseEndpoint: values.DATABASE_ENDPOINT ?? null,
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
    cookies: {
      secure: values.PUBLIC_URL.startsWith('https:'),
      sameSite: values.COOKIE_SAME_SITE,
      partitioned: values.COOKIE_PARTITIONED,
    },
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
  const named = text === undefined ? [] : [hs256Key(SECRET_KID, text)]
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

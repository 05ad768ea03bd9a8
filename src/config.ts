import * as z from 'zod/mini'
import { utf8 } from './crypto/encoding.ts'
import { MAX_ITERATIONS_PER_CALL, MAX_ROUNDS, MIN_TOTAL_ITERATIONS } from './crypto/password.ts'
import { hs256Key, isUsable, keyProblem, pick, type SigningKey } from './crypto/signing-key.ts'
import { weakness } from './crypto/weakness.ts'
import { isLoopback } from './loopback.ts'

// The README's table lists every variable with its unit, default and reason; a test compares the two.

/** A step of a variable's rule: reads what came before, or says what is wrong with it. */
const step = <In, Out>(read: (value: In, refuse: (problem: string) => void) => Out) =>
  z.transform<In, Out>((value, { issues }) =>
    read(value, (message) => issues.push({ code: 'custom', message, input: undefined })),
  )

const url = z.pipe(
  z.string(),
  step((text: string, refuse) => {
    if (URL.canParse(text)) return new URL(text)
    refuse(text === '*' ? 'must not be *; name each origin' : 'is not a URL')
    return new URL('invalid:')
  }),
)

/** An http(s) origin without path; plain http only on this machine, where nobody else can listen in. */
const origin = z.pipe(
  url,
  step((parsed: URL, refuse) => {
    const problem = originProblem(parsed)
    if (problem) refuse(problem)
    return parsed.origin
  }),
)

/** A Neon connection string. Off loopback the driver always uses HTTPS, so a wish for less is a mistake. */
const databaseUrl = z.pipe(
  url,
  step((parsed: URL, refuse) => {
    const { protocol, hostname, pathname, username, password, href, searchParams } = parsed
    if (!/^postgres(ql)?:$/.test(protocol)) refuse('must start with postgresql://')
    // Unlike those of http, the hosts of other schemes are not checked by the parser.
    const host = URL.canParse(`http://${hostname}`) && hostname
    if (!host || !username || !password || pathname.length < 2) {
      refuse('needs a user, a password, a host and a database')
    }
    const plainText = searchParams.getAll('sslmode').some((mode) => /^(disable|allow|prefer)$/i.test(mode))
    if (plainText && !isLoopback(hostname)) refuse('must not allow plain text (sslmode)')
    return href
  }),
)

const secret = z.string().check(
  z.check(({ value: input, issues }) => {
    const message = weakness(utf8(input.trim()))
    if (message) issues.push({ code: 'custom', message, input })
  }),
)

/** One or several, by comma: the first makes, all are accepted. */
const secrets = z.pipe(
  z.pipe(
    z.string(),
    step((text: string) => text.split(/[\s,]+/).filter(Boolean)),
  ),
  z.array(secret).check(z.minLength(1, { error: 'is empty' })),
)

const signingKey = z.custom<SigningKey>().check(
  z.check(({ value: input, issues }) => {
    const message = keyProblem(input)
    if (message) issues.push({ code: 'custom', message, input })
  }),
)

/** JSON Web Keys (RFC 7517): the first signs, all verify. */
const signingKeys = z.pipe(
  z.pipe(
    z.string(),
    step((text: string, refuse): unknown => {
      try {
        return JSON.parse(text)
      } catch {
        return refuse('is not JSON')
      }
    }),
  ),
  z.array(signingKey, { error: 'is not a JSON array of keys' }).check(
    z.minLength(1, { error: 'has no key' }),
    z.refine((keys) => new Set(keys.map((key) => key.kid)).size === keys.length, { error: 'repeats a kid' }),
  ),
)

const integer = (minimum: number, maximum: number, byDefault: number) =>
  z.prefault(
    z.pipe(
      z.string().check(z.regex(/^\d{1,9}$/, { error: 'is not a whole number', abort: true })),
      step((text: string, refuse) => {
        const value = Number(text)
        if (value < minimum) refuse(`is under ${minimum}`)
        if (value > maximum) refuse(`is above ${maximum}`)
        return value
      }),
    ),
    String(byDefault),
  )

const origins = z.pipe(
  z.pipe(
    z.string(),
    step((text: string) => text.split(/[\s,]+/).filter(Boolean)),
  ),
  z.array(origin),
)

const label = z
  .string()
  .check(z.trim(), z.minLength(1, { error: 'is empty' }), z.maxLength(255, { error: 'is too long' }))

/** Every variable this server reads, each with its own rule. Rules across variables are in `parseConfig`. */
const VARIABLES = {
  DATABASE_URL: databaseUrl,
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
  COOKIE_SAME_SITE: z._default(
    z.enum(['lax', 'strict', 'none'], { error: 'must be lax, strict or none' }),
    'lax',
  ),
  HOST: z._default(label, '127.0.0.1'),
  PORT: integer(1, 65_535, 8000),
}

type VariableName = keyof typeof VARIABLES
type Variables = { [Name in VariableName]: z.output<(typeof VARIABLES)[Name]> }

/** The names of all variables, for tools that pick them out of a larger environment. */
export const VARIABLE_NAMES = Object.keys(VARIABLES) as VariableName[]

export type Config = {
  databaseUrl: string
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
  cookies: { secure: boolean; sameSite: 'lax' | 'strict' | 'none' }
  node: { host: string; port: number }
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
    node: { host: values.HOST, port: values.PORT },
  }
}

/** The keys, and behind them the secret (unless a key has its name already, as after a rotation): whoever moves from one to the other refuses no token on the way. */
function keyRingOf({ JWT_SIGNING_KEYS: keys = [], JWT_SECRET: text }: Variables): SigningKey[] {
  const named = text === undefined ? [] : [hs256Key('jwt-secret', text)]
  const known = new Set(keys.map(({ kid }) => kid))
  return [...keys.map((key) => pick(key, key)), ...named.filter(({ kid }) => !known.has(kid))]
}

function originProblem({
  protocol,
  hostname,
  pathname,
  search,
  hash,
  username,
  password,
}: URL): string | null {
  if (protocol !== 'http:' && protocol !== 'https:') return 'must be an http or https URL'
  if (hostname.includes('*')) return 'must be one exact origin, without *'
  if (pathname !== '/' || search || hash || username || password)
    return 'must be an origin: scheme, host and port only'
  if (protocol === 'http:' && !isLoopback(hostname)) return 'is plain http off this machine; use https'
  return null
}

function messages(error: z.core.$ZodError): string {
  return error.issues
    .map(({ path, message }) => (path.length > 0 ? `[${path.join('.')}] ${message}` : message))
    .join('; ')
}

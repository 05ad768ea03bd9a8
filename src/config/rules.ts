import * as z from 'zod/mini'
import { utf8 } from '../crypto/encoding.ts'
import { keyProblem, type SigningKey } from '../crypto/signing-key.ts'
import { weakness } from '../crypto/weakness.ts'
import { isLoopback } from '../loopback.ts'

// What a variable of one kind may hold. Which variables there are is in `config.ts`.

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
export const origin = z.pipe(
  url,
  step((parsed: URL, refuse) => {
    const problem = originProblem(parsed)
    if (problem) refuse(problem)
    return parsed.origin
  }),
)

/** A Neon connection string. Off loopback the driver always uses HTTPS, so a wish for less is a mistake. */
export const databaseUrl = z.pipe(
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

export const secret = z.string().check(
  z.check(({ value: input, issues }) => {
    const message = weakness(utf8(input.trim()))
    if (message) issues.push({ code: 'custom', message, input })
  }),
)

/** One or several, by comma: the first makes, all are accepted. */
export const secrets = z.pipe(
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
export const signingKeys = z.pipe(
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

export const integer = (minimum: number, maximum: number, byDefault: number) =>
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

export const origins = z.pipe(
  z.pipe(
    z.string(),
    step((text: string) => text.split(/[\s,]+/).filter(Boolean)),
  ),
  z.array(origin),
)

export const label = z
  .string()
  .check(z.trim(), z.minLength(1, { error: 'is empty' }), z.maxLength(255, { error: 'is too long' }))

/** A burst of `count`, refilled evenly over `seconds`. */
export type Limit = { count: number; seconds: number }

const MAX_LIMIT = 1_000_000

/** `count/seconds`, both positive: there is no way to say "unlimited" by mistake. */
export const limit = (byDefault: `${number}/${number}`) =>
  z.prefault(
    z.pipe(
      z.string(),
      step((text: string, refuse): Limit => {
        const [, count, seconds] = (/^([1-9]\d{0,6})\/([1-9]\d{0,6})$/.exec(text) ?? []).map(Number)
        if (count && seconds && count <= MAX_LIMIT && seconds <= MAX_LIMIT) return { count, seconds }
        refuse(`is not count/seconds, each from 1 to ${MAX_LIMIT}, e.g. ${byDefault}`)
        return { count: 1, seconds: MAX_LIMIT }
      }),
    ),
    byDefault,
  )

/** Where another server is asked, without a query or credentials; plain http only on this machine. `off`: nowhere. */
export const serviceUrl = z.pipe(
  z.string(),
  step((text: string, refuse) => {
    const { protocol, hostname, search, hash, username, password, href } = new URL(
      URL.canParse(text) ? text : 'invalid:',
    )
    const secure = protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
    if (text === 'off') return null
    if (!secure || search || hash || username || password)
      refuse('must be off, or an https URL without query and credentials')
    return href
  }),
)

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

import * as z from 'zod/mini'
import { keyIdentity, keyProblem, type SigningKey } from '../crypto/signing-key.ts'
import { secretWeakness } from '../crypto/weakness.ts'
import { isLoopback } from '../net/loopback.ts'
import { readOrigin } from '../net/origin.ts'

// Rules for the kinds of variables. The variables themselves are in the `feature.ts` of each folder.

/** A step of a rule: transforms the value of the step before, or refuses it. */
export const step = <In, Out>(read: (value: In, refuse: (problem: string) => void) => Out) =>
  z.transform<In, Out>((value, { issues }) =>
    read(value, (message) => issues.push({ code: 'custom', message, input: undefined })),
  )

/** An origin as browsers write it, an app's (`capacitor://localhost`) included. */
const anyOrigin = z.pipe(
  z.string(),
  step((text: string, refuse) => {
    const read = readOrigin(text)
    if ('origin' in read) return read.origin
    refuse(read.problem)
    return 'invalid:'
  }),
)

/** An http(s) origin without path; plain http on loopback only, where nobody can eavesdrop. */
export const origin = z.pipe(
  anyOrigin,
  step((value: string, refuse) => {
    if (!/^(https?|invalid):/.test(value)) refuse('must be an http or https URL')
    return value
  }),
)

/** `resolveDatabase` checks its host, which depends on `DATABASE_ENDPOINT`. */
export const databaseUrl = z.string()

export const secret = z.string().check(
  z.check(({ value: input, issues }) => {
    const message = secretWeakness(input)
    if (message) issues.push({ code: 'custom', message, input })
  }),
)

/** One or several, separated by commas: the keys of the first sign, those of all verify. */
export const secrets = z.pipe(
  z.pipe(
    z.string(),
    step((text: string) => text.split(/[\s,]+/).filter(Boolean)),
  ),
  z.array(secret).check(
    z.minLength(1, { error: 'is empty' }),
    z.refine((list) => new Set(list).size === list.length, { error: 'repeats a secret' }),
  ),
)

const signingKey = z.custom<SigningKey>().check(
  z.check(({ value: input, issues }) => {
    const message = keyProblem(input)
    if (message) issues.push({ code: 'custom', message, input })
  }),
)

/** JSON Web Keys (RFC 7517): the first one signs, all verify. */
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
    z.refine((keys) => new Set(keys.map(({ kid }) => kid)).size === keys.length, { error: 'repeats a kid' }),
    z.refine((keys) => new Set(keys.map(keyIdentity)).size === keys.length, {
      error: 'has one key under two kids',
    }),
  ),
)

export const integer = (minimum: number, maximum: number) =>
  z.pipe(
    z.string().check(z.regex(/^\d{1,9}$/, { error: 'is not a whole number', abort: true })),
    step((text: string, refuse) => {
      const value = Number(text)
      if (value < minimum) refuse(`is under ${minimum}`)
      if (value > maximum) refuse(`is above ${maximum}`)
      return value
    }),
  )

export const origins = z.pipe(
  z.pipe(
    z.string(),
    step((text: string) => text.split(/[\s,]+/).filter(Boolean)),
  ),
  z.array(anyOrigin),
)

export const label = z
  .string()
  .check(z.trim(), z.minLength(1, { error: 'is empty' }), z.maxLength(255, { error: 'is too long' }))

/** A burst of `count`, refilled evenly over `seconds`. */
export type Limit = {
  /** Clients read it in `RateLimit-Policy`, owners in their events: it never changes. */
  name: string
  count: number
  seconds: number
}

/** As seconds, about twelve days: a bucket that takes longer to refill is a lockout. */
const MAX_LIMIT = 1_000_000

/**
 * The variable of a limit, as `count/seconds`. Both are positive: "unlimited" can't be written, by mistake or
 * with a number that amounts to it.
 *
 * @param bounds the largest burst, and the largest rate a second
 */
export function limitVariable({ name, bounds: { burst, perSecond }, ...variable }: LimitVariable) {
  const rule = z.pipe(
    z.string(),
    step((text: string, refuse): Limit => {
      const [, count, seconds] = (/^([1-9]\d{0,6})\/([1-9]\d{0,6})$/.exec(text) ?? []).map(Number)
      if (count && seconds && count <= MAX_LIMIT && seconds <= MAX_LIMIT) {
        if (count <= burst && count <= perSecond * seconds) return { name, count, seconds }
        refuse(`limits nobody; at most ${burst} at once and ${perSecond} a second`)
      } else {
        refuse(`is not count/seconds, each from 1 to ${MAX_LIMIT}, e.g. ${variable.default}`)
      }
      return { name, count: 1, seconds: MAX_LIMIT }
    }),
  )
  return { ...variable, rule }
}

type LimitVariable = {
  name: string
  default: `${number}/${number}`
  bounds: LimitBounds
  unit: `${string}/seconds`
  reason: string
}

type LimitBounds = { burst: number; perSecond: number }

/**
 * By account. 100 wrong passwords lock an account (NIST SP 800-63B section 3.2.2): no account reaches ten
 * times that.
 */
export const PER_ACCOUNT: LimitBounds = { burst: 1000, perSecond: 10 }

/**
 * By client address. Such a request costs a hash, and a core makes ten a second. The people behind the NAT of
 * one company stay far below.
 */
export const PER_CLIENT: LimitBounds = { burst: 10_000, perSecond: 200 }

/** The address that the Node entry listens on; IPv6 with or without the brackets that it has in URLs. */
export const host = z.pipe(
  label,
  step((text: string) => text.replace(/^\[(.*)\]$/, '$1')),
)

export const flag = z.pipe(
  z.string(),
  step((text: string, refuse) => {
    if (text !== 'true' && text !== 'false') refuse('must be true or false')
    return text === 'true'
  }),
)

/** Distinct words, separated by commas; `none` for an empty list. */
export const words = z.pipe(
  z.string(),
  step((text: string, refuse) => {
    const list = text === 'none' ? [] : text.split(/[\s,]+/).filter(Boolean)
    if (text !== 'none' && list.length === 0) refuse('is empty; write none for an empty list')
    if (list.length > 1 && list.includes('none')) refuse('says none beside other names')
    if (new Set(list).size < list.length) refuse('repeats a name')
    return list
  }),
)

/** One of a few words. */
export const oneOf = <const Words extends readonly [string, string, ...string[]]>(...words: Words) =>
  z.pipe(z.string(), z.enum(words, { error: `must be ${words.slice(0, -1).join(', ')} or ${words.at(-1)}` }))

/**
 * A name that needs no escaping. PostgreSQL reserves the prefix `pg_`, and truncates names to 63 bytes. In
 * `public`, an application's own `users` or `migrations` would be taken for ours.
 */
export const schemaName = z.string().check(
  z.regex(/^(?!public$|pg_|information_schema$)[a-z_][a-z0-9_]{0,62}$/, {
    error: 'must be a lower-case name, not public or one of PostgreSQL’s own (pg_…, information_schema)',
  }),
)

/** The URL of another server, without a query or credentials; plain http on loopback only. Or `off`. */
export const serviceUrl = z.pipe(
  z.string(),
  step((text: string, refuse) => {
    const { protocol, hostname, search, hash, username, password, href } = new URL(
      URL.canParse(text) ? text : 'invalid:',
    )
    const secure = protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
    if (text === 'off') return text
    if (!secure || search || hash || username || password)
      refuse('must be off, or an https URL without query and credentials')
    return href
  }),
)

/** The URL that SQL is posted to in place of Neon's; plain http on loopback only. */
export const endpointUrl = z.pipe(
  z.string(),
  step((text: string, refuse) => {
    const { protocol, hostname, hash, username, password, href } = new URL(
      URL.canParse(text) ? text : 'invalid:',
    )
    const isSecure = protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
    if (!isSecure || hash || username || password) refuse('must be an https URL without credentials')
    return href
  }),
)

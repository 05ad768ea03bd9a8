import * as z from 'zod/mini'
import { keyIdentity, keyProblem, type SigningKey } from '../crypto/signing-key.ts'
import { secretWeakness } from '../crypto/weakness.ts'
import { isLoopback } from '../net/loopback.ts'
import { readOrigin } from '../net/origin.ts'

// What a variable of one kind may hold. Which variables there are is in `config.ts`.

/** A step of a variable's rule: reads what came before, or says what is wrong with it. */
const step = <In, Out>(read: (value: In, refuse: (problem: string) => void) => Out) =>
  z.transform<In, Out>((value, { issues }) =>
    read(value, (message) => issues.push({ code: 'custom', message, input: undefined })),
  )

/** An origin as browsers write it; of an app (`capacitor://localhost`) too. */
const anyOrigin = z.pipe(
  z.string(),
  step((text: string, refuse) => {
    const read = readOrigin(text)
    if ('origin' in read) return read.origin
    refuse(read.problem)
    return 'invalid:'
  }),
)

/** An http(s) origin without path; plain http only on this machine, where nobody else can listen in. */
export const origin = z.pipe(
  anyOrigin,
  step((value: string, refuse) => {
    if (!/^(https?|invalid):/.test(value)) refuse('must be an http or https URL')
    return value
  }),
)

/** Where it may be is for `resolveDatabase` to say, which knows the endpoint too. */
export const databaseUrl = z.string()

export const secret = z.string().check(
  z.check(({ value: input, issues }) => {
    const message = secretWeakness(input)
    if (message) issues.push({ code: 'custom', message, input })
  }),
)

/** One or several, by comma: the first makes, all are accepted. */
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
    z.refine((keys) => new Set(keys.map(({ kid }) => kid)).size === keys.length, { error: 'repeats a kid' }),
    z.refine((keys) => new Set(keys.map(keyIdentity)).size === keys.length, {
      error: 'has one key under two kids',
    }),
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
  z.array(anyOrigin),
)

export const label = z
  .string()
  .check(z.trim(), z.minLength(1, { error: 'is empty' }), z.maxLength(255, { error: 'is too long' }))

/** A burst of `count`, refilled evenly over `seconds`. */
export type Limit = { count: number; seconds: number }

/** Of seconds it is half a month: a budget that takes longer to fill is a lock. */
const MAX_LIMIT = 1_000_000

/**
 * `count/seconds`, both positive: there is no way to say "unlimited", by mistake or with a figure that means it.
 *
 * @param bounds how many at most at once, and a second in the long run
 */
export const limit = (byDefault: `${number}/${number}`, { burst, perSecond }: LimitBounds) =>
  z.prefault(
    z.pipe(
      z.string(),
      step((text: string, refuse): Limit => {
        const [, count, seconds] = (/^([1-9]\d{0,6})\/([1-9]\d{0,6})$/.exec(text) ?? []).map(Number)
        if (count && seconds && count <= MAX_LIMIT && seconds <= MAX_LIMIT) {
          if (count <= burst && count <= perSecond * seconds) return { count, seconds }
          refuse(`limits nobody; at most ${burst} at once and ${perSecond} a second`)
        } else {
          refuse(`is not count/seconds, each from 1 to ${MAX_LIMIT}, e.g. ${byDefault}`)
        }
        return { count: 1, seconds: MAX_LIMIT }
      }),
    ),
    byDefault,
  )

type LimitBounds = { burst: number; perSecond: number }

/** By account: 100 wrong passwords lock one (NIST SP 800-63B section 3.2.2), so ten times as many are never reached. */
export const PER_ACCOUNT: LimitBounds = { burst: 1000, perSecond: 10 }

/** By client: what is limited costs a hash, and a machine makes ten a second a core. A company's NAT stays far below. */
export const PER_CLIENT: LimitBounds = { burst: 10_000, perSecond: 200 }

/** The address that the Node entry listens on; IPv6 with or without the brackets that it has in URLs. */
export const host = z.pipe(
  label,
  step((text: string) => text.replace(/^\[(.*)\]$/, '$1')),
)

export const flag = z.prefault(
  z.pipe(
    z.string(),
    step((text: string, refuse) => {
      if (text !== 'true' && text !== 'false') refuse('must be true or false')
      return text === 'true'
    }),
  ),
  'false',
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

/** Where SQL is posted to instead of Neon; plain http only on this machine. */
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

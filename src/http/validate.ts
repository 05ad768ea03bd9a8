import { zValidator } from '@hono/zod-validator'
import type { Context, MiddlewareHandler } from 'hono'
import { validator } from 'hono/validator'
import type * as z from 'zod/mini'
import { AppError, type FieldError } from '../errors.ts'
import type { AppEnv } from './context.ts'
import { withMetadata } from './describe-route.ts'

/** The kinds of body that a route can accept, and the content types of each. */
const MEDIA = {
  json: ['application/json'],
  form: ['application/x-www-form-urlencoded', 'multipart/form-data'],
} as const

type BodyKind = keyof typeof MEDIA

/** Bodies are objects with known fields; of a form, other fields are ignored. */
type BodySchema = z.ZodMiniType<object> & Pick<z.ZodMiniObject, 'shape'>

type ValidBody<S extends BodySchema> = MiddlewareHandler<
  AppEnv,
  string,
  { in: { json: z.input<S> }; out: { json: z.output<S> } }
>

/** So that a body with thousands of unknown fields gets no answer of thousands of errors. */
const MAX_ERRORS = 20
const MAX_POINTER_CHARACTERS = 100

const ERROR_CODES: Record<string, string> = {
  too_small: 'too_short',
  too_big: 'too_long',
  invalid_format: 'invalid_format',
  invalid_value: 'invalid_value',
  unrecognized_keys: 'unknown_member',
}

/**
 * Accepts a body of the given kinds and validates it; the handler reads `c.req.valid('json')`, whatever the
 * kind was.
 *
 * It checks the content type first: a simple cross-site form must not reach a JSON route (ASVS v5.0.0-3.5.2),
 * and the validator would read a body of an unknown type as an empty one. A 415 says which content types or
 * codings are accepted (RFC 9110 section 15.5.16).
 *
 * @param options.optional whether no body, or `null`, counts as an empty object
 * @throws AppError `unsupported_media_type`, `malformed_request` or `validation_failed`
 */
export function validBody<S extends BodySchema>(
  schema: S,
  kinds: readonly BodyKind[] = ['json'],
  { optional = false }: { optional?: boolean } = {},
): ValidBody<S> {
  const anySchema: z.ZodMiniType = schema
  const validators: Record<BodyKind, MiddlewareHandler> = {
    json: zValidator('json', anySchema, refuse),
    form: validator('form', (form) => validParameters(schema, form)),
  }
  const media = kinds.flatMap((kind) => MEDIA[kind])
  const middleware: ValidBody<S> = async function validBody(c, next) {
    if (optional && isNothing(await c.req.arrayBuffer())) {
      c.req.addValidatedData('json', {})
      return next()
    }
    assertNotEncoded(c)
    const kind = kinds.find((candidate) => MEDIA[candidate].some((type) => type === mediaType(c)))
    if (!kind) throw unsupportedTypeError(c, media)
    await decodeBody(c)
    return validators[kind](c, async () => {
      c.req.addValidatedData('json', c.req.valid(kind as 'json'))
      await next()
    })
  }
  return withMetadata(middleware, { body: { schema, media, optional } })
}

/**
 * Validates the query; the handler reads `c.req.valid('query')`. A parameter that is sent twice is refused.
 *
 * @throws AppError `validation_failed`
 */
export function validQuery<S extends z.ZodMiniType<object>>(schema: S) {
  const validate = zValidator('query', schema, refuse)
  const middleware: typeof validate = async function validQuery(c, next) {
    // Zod would drop this one, where every other unknown parameter is an error.
    if (Object.hasOwn(c.req.query(), '__proto__')) throw validationError([UNKNOWN_PARAMETER])
    return await validate(c, next)
  }
  return withMetadata(middleware, { query: schema })
}

/** Libraries that can't omit a body send `null`. */
function isNothing(body: ArrayBuffer): boolean {
  return ['', 'null'].includes(new TextDecoder().decode(body).trim())
}

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3 */
function assertNotEncoded(c: Context): void {
  const coding = c.req.header('Content-Encoding')?.trim().toLowerCase()
  if (!coding || coding === 'identity') return
  c.header('Accept-Encoding', 'identity')
  throw new AppError('unsupported_media_type', {
    detail: 'Send the body as it is, without Content-Encoding.',
  })
}

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1 and, of `Accept-Patch`, rfc5789#section-2.2 */
function unsupportedTypeError(c: Context, media: readonly string[]): AppError {
  c.header('Accept', media.join(', '))
  if (c.req.method === 'PATCH') c.header('Accept-Patch', media.join(', '))
  return new AppError('unsupported_media_type', { detail: `Set Content-Type to ${media.join(' or ')}.` })
}

/**
 * Reads a form as OAuth's endpoints do, which clients that send forms expect: a parameter without a value
 * counts as absent, an unknown one is ignored, one that is sent twice is refused (RFC 6749 section 3.2).
 * Unknown ones may be sent twice, as `resource` of RFC 8707 is. In JSON, which has no standard parameters, an
 * unknown field is an error.
 *
 * @throws AppError `validation_failed`
 */
function validParameters(schema: BodySchema, form: Record<string, unknown>): object {
  const names = Object.keys(schema.shape).filter((name) => (form[name] ?? '') !== '')
  const repeated = names.filter((name) => Array.isArray(form[name]))
  if (repeated.length > 0) {
    throw validationError(
      repeated.map((name) => ({ pointer: `/${name}`, code: 'repeated', detail: 'is there more than once' })),
    )
  }
  const data = Object.fromEntries(names.map((name) => [name, form[name]]))
  const result = schema.safeParse(data)
  if (!result.success) throw toValidationError(result.error, { data, target: 'form' })
  return result.data
}

function mediaType(c: Context): string | undefined {
  return c.req.header('Content-Type')?.split(';')[0]?.trim().toLowerCase()
}

/**
 * Refuses bytes that are not UTF-8, percent-encoded ones in forms too. Decoders silently replace them by
 * U+FFFD: two different passwords would become the same.
 *
 * Parses urlencoded forms by the URL standard: workerd's own parser reads a `%` that begins no escape
 * differently.
 */
async function decodeBody(c: Context): Promise<void> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await c.req.arrayBuffer())
    if (mediaType(c) !== MEDIA.form[0]) return
    decodeURIComponent(text.replaceAll(/%(?![0-9A-Fa-f]{2})/g, '%25'))
    const form = new FormData()
    for (const [name, value] of new URLSearchParams(text)) form.append(name, value)
    c.req.bodyCache.formData = form
  } catch (cause) {
    throw new AppError('malformed_request', { cause })
  }
}

type Validated = { data: unknown; target: string }
type Result = Validated & ({ success: true } | { success: false; error: z.core.$ZodError })

function refuse(result: Result): void {
  if (!result.success) throw toValidationError(result.error, result)
}

function toValidationError(error: z.core.$ZodError, validated: Validated): AppError {
  return validationError(
    error.issues.flatMap((issue) => toFieldErrors(issue, validated)).slice(0, MAX_ERRORS),
  )
}

/** The error for a request that was parsed but is not valid; its `detail` is that of the first field. */
function validationError(errors: FieldError[]): AppError {
  const [first] = errors
  const name = first?.pointer.slice(1).replaceAll('/', '.')
  return new AppError('validation_failed', {
    ...(first && { detail: name ? `${name}: ${first.detail}` : first.detail }),
    errors,
  })
}

const UNKNOWN_PARAMETER: FieldError = {
  pointer: '',
  code: 'unknown_member',
  detail: 'has a parameter that is not one of this request',
}

function toFieldErrors(issue: z.core.$ZodIssue, { data, target }: Validated): FieldError[] {
  if (issue.code === 'unrecognized_keys') {
    // In a query, an unescaped & turns the rest of a password into a name: names are not repeated.
    const keys = target === 'json' ? issue.keys : []
    if (keys.length === 0) return [UNKNOWN_PARAMETER]
    return keys.map((key) => ({
      pointer: jsonPointer([...issue.path, key]),
      code: 'unknown_member',
      detail: 'is not a member of this request',
    }))
  }
  const pointer = jsonPointer(issue.path)
  if (issue.code !== 'invalid_type') {
    return [{ pointer, code: ERROR_CODES[issue.code] ?? 'invalid', detail: issue.message }]
  }
  if (memberAt(data, issue.path) === undefined) return [{ pointer, code: 'required', detail: 'is required' }]
  return [{ pointer, code: 'invalid_type', detail: `must be of type ${issue.expected}` }]
}

function memberAt(body: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key],
    body,
  )
}

/** @see https://www.rfc-editor.org/rfc/rfc6901#section-3 */
function jsonPointer(path: readonly PropertyKey[]): string {
  const tokens = path.map((key) => String(key).replaceAll('~', '~0').replaceAll('/', '~1'))
  const pointer = tokens.map((token) => `/${token}`).join('')
  return pointer.slice(0, MAX_POINTER_CHARACTERS).toWellFormed()
}

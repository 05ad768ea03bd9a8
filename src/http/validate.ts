import { zValidator } from '@hono/zod-validator'
import type { Context, MiddlewareHandler } from 'hono'
import type * as z from 'zod/mini'
import { AppError, type FieldError } from '../errors.ts'
import type { AppEnv } from './context.ts'
import { withMetadata } from './describe.ts'

/** The kinds of body a route can accept, and the content types that each of them is. */
const MEDIA = {
  json: ['application/json'],
  form: ['application/x-www-form-urlencoded', 'multipart/form-data'],
} as const

type BodyKind = keyof typeof MEDIA

type ValidBody<S extends z.ZodMiniType<object>> = MiddlewareHandler<
  AppEnv,
  string,
  { in: { json: z.input<S> }; out: { json: z.output<S> } }
>

/** At most this many errors are listed: a body of unknown members must not buy a larger answer. */
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
 * Accepts a body of the given kinds and validates it; the handler reads `c.req.valid('json')` whatever the
 * kind was. The content type is checked first: a simple cross-site form must not reach a JSON route
 * (ASVS v5.0.0-3.5.2), and the validator would take a body it doesn't recognise for an empty one.
 *
 * @param options.optional whether no body at all is taken for an empty object
 * @throws AppError `unsupported_media_type`, `malformed_request` or `validation_failed`
 */
export function validBody<S extends z.ZodMiniType<object>>(
  schema: S,
  kinds: readonly BodyKind[] = ['json'],
  { optional = false }: { optional?: boolean } = {},
): ValidBody<S> {
  const anySchema: z.ZodMiniType = schema
  const validators: Record<BodyKind, MiddlewareHandler> = {
    json: zValidator('json', anySchema, refuse),
    form: zValidator('form', anySchema, refuse),
  }
  const middleware: ValidBody<S> = async function validBody(c, next) {
    if (optional && (await c.req.arrayBuffer()).byteLength === 0) {
      c.req.addValidatedData('json', {})
      return next()
    }
    const kind = kinds.find((candidate) => isOfKind(c, candidate))
    if (!kind) throw new AppError('unsupported_media_type')
    await decodeBody(c)
    return validators[kind](c, async () => {
      c.req.addValidatedData('json', c.req.valid(kind as 'json'))
      await next()
    })
  }
  return withMetadata(middleware, { body: { schema, media: kinds.flatMap((kind) => MEDIA[kind]), optional } })
}

/**
 * Validates the query; the handler reads `c.req.valid('query')`. A parameter sent twice is refused.
 *
 * @throws AppError `validation_failed`
 */
export function validQuery<S extends z.ZodMiniType<object>>(schema: S) {
  return withMetadata(zValidator('query', schema, refuse), { query: schema })
}

function isOfKind(c: Context, kind: BodyKind): boolean {
  return !c.req.header('Content-Encoding') && MEDIA[kind].some((media) => media === mediaType(c))
}

function mediaType(c: Context): string | undefined {
  return c.req.header('Content-Type')?.split(';')[0]?.trim().toLowerCase()
}

/**
 * Refuses bytes that are not UTF-8, percent-encoded ones in forms too. Decoders replace them by U+FFFD
 * silently, and then two different passwords would be the same.
 *
 * Urlencoded forms are parsed here as the URL standard says, since the parser of workerd's requests reads a
 * `%` that begins no escape in another way.
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

type Result = { data: unknown; target: string } & (
  | { success: true }
  | { success: false; error: z.core.$ZodError }
)

function refuse(result: Result): void {
  if (result.success) return
  const errors = result.error.issues.flatMap((issue) => toFieldErrors(issue, result)).slice(0, MAX_ERRORS)
  throw validationFailed(errors)
}

/** The error for a request that can be read but not accepted; its text is that of the first member. */
export function validationFailed(errors: FieldError[]): AppError {
  const [first] = errors
  const name = first?.pointer.slice(1).replaceAll('/', '.')
  return new AppError('validation_failed', {
    ...(first && { detail: name ? `${name}: ${first.detail}` : first.detail }),
    errors,
  })
}

function toFieldErrors(issue: z.core.$ZodIssue, { data, target }: Result): FieldError[] {
  if (issue.code === 'unrecognized_keys') {
    // In a form or a query, an unescaped & makes the rest of a password look like a name: it is not repeated.
    const keys = target === 'json' ? issue.keys : []
    if (keys.length === 0) return [{ pointer: '', code: 'unknown_member', detail: 'has an unknown member' }]
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

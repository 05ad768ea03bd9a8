import type { ZodOpenApiResponseObject } from 'zod-openapi'
import { ERRORS, type ErrorCode } from '../src/features.ts'
import { problemPayload } from '../src/operations/payloads.ts'

const HEADERS: Record<
  number,
  Record<string, { description: string; schema: { type: 'integer' | 'string' } }>
> = {
  401: { 'WWW-Authenticate': { description: 'RFC 6750 section 3', schema: { type: 'string' } } },
  429: { 'Retry-After': { description: 'When to try again, in seconds', schema: { type: 'integer' } } },
  503: { 'Retry-After': { description: 'When to try again, in seconds', schema: { type: 'integer' } } },
}

/** Each response once: `zod-openapi` makes an object with an `id` a component and refers to it. */
const known = new Map<string, ZodOpenApiResponseObject>()

/**
 * The error responses of an operation, by status. OpenAPI allows one response a status: it lists all codes of
 * that status, and operations with the same codes share it.
 */
export function errorResponses(codes: readonly ErrorCode[]): Record<string, ZodOpenApiResponseObject> {
  const byStatus = Object.groupBy(new Set(codes), (code) => String(ERRORS[code].status))
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, sharing = []]) => {
      const id = sharing.sort().join('-or-')
      const response = known.get(id) ?? { id, ...errorResponse(sharing) }
      known.set(id, response)
      return [status, response]
    }),
  )
}

/** The response of a status that these codes have. Each code links to its page. */
function errorResponse(codes: readonly ErrorCode[]): ZodOpenApiResponseObject {
  const [status] = codes.map((code) => ERRORS[code].status)
  const headers = HEADERS[status ?? 0]
  return {
    description: codes.map((code) => `[\`${code}\`](/problems/${code}): ${ERRORS[code].title}.`).join(' '),
    ...(headers && { headers }),
    content: { 'application/problem+json': { schema: problemPayload } },
  }
}

import type { Context } from 'hono'
import type { Config } from '../config/parse-config.ts'
import type { AppError, RefusingLimit } from '../errors.ts'
import { bearerChallenge } from '../features/bearer-challenge.ts'
import { ERRORS } from '../features.ts'
import type { AppEnv } from './context.ts'

/**
 * Renders an error as a problem document. `detail` is always a string: clients of FastAPI services show it as
 * the error's message.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9457#section-3
 */
export function problemResponse(c: Context<AppEnv>, error: AppError): Response {
  const { code, detail, errors, members, limit, retryAfterSeconds } = error
  const { status, title, advice, headers, challenge } = ERRORS[code]
  const body = {
    type: `/problems/${code}`,
    title,
    status,
    detail: detail ?? advice,
    code,
    instance: `urn:uuid:${c.var.requestId}`,
    ...(errors && { errors }),
    ...members,
  }
  const limitHeaders = limit ? rateLimitHeaders(limit) : {}
  return c.body(JSON.stringify(body), status, {
    ...headers,
    ...(challenge && { 'WWW-Authenticate': bearerChallenge(realmOf(c.var.deps.config), challenge) }),
    ...limitHeaders,
    ...(retryAfterSeconds !== undefined && { 'Retry-After': String(retryAfterSeconds) }),
    'Content-Type': 'application/problem+json',
  })
}

/** A header carries ASCII only. */
function realmOf({ productName, productSlug }: Pick<Config, 'productName' | 'productSlug'>): string {
  return /^[ -~]+$/.test(productName) ? productName : productSlug
}

/**
 * `q` attempts in `w` seconds, of which `r` are left, and one more in `t` seconds.
 *
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
 */
function rateLimitHeaders(limit: RefusingLimit): Record<string, string> {
  const { name, count, seconds, retryAfterSeconds } = limit
  return {
    'Retry-After': String(retryAfterSeconds),
    RateLimit: `"${name}";r=0;t=${retryAfterSeconds}`,
    'RateLimit-Policy': `"${name}";q=${count};w=${seconds}`,
  }
}

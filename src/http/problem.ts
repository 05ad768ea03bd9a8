import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { AppError, ErrorCode, RefusingLimit } from '../errors.ts'
import { bearerChallenge } from './bearer-challenge.ts'
import type { AppEnv } from './context.ts'

type Problem = {
  status: ContentfulStatusCode
  title: string
  /** What it means and what to do: the text of its page, and the `detail` where the error brings none. */
  advice: string
  headers?: Record<string, string>
}

/** What the tokens are good for, in the words of the product. */
const REALM = 'LumaScope'

const BEARER = { 'WWW-Authenticate': bearerChallenge(REALM) }
const BEARER_INVALID = { 'WWW-Authenticate': bearerChallenge(REALM, 'invalid_token') }

/** All that HTTP says of an error code, in one place; a missing code does not compile. */
export const PROBLEMS: Record<ErrorCode, Problem> = {
  malformed_request: {
    status: 400,
    title: 'The request can not be read',
    advice: 'The body is not valid JSON, form data or UTF-8. Check how it is encoded.',
  },
  invalid_or_expired_code: {
    status: 400,
    title: 'The link or code is not valid',
    advice: 'It was used before, has expired or never existed. Ask for a new one.',
  },
  invalid_credentials: {
    status: 401,
    title: 'Sign-in failed',
    advice: 'The account and the password do not match. The answer is the same for every reason.',
    headers: BEARER,
  },
  unauthenticated: {
    status: 401,
    title: 'Sign-in required',
    advice: 'Sign in with POST /login and send the access token as "Authorization: Bearer <token>".',
    headers: BEARER,
  },
  access_token_expired: {
    status: 401,
    title: 'The access token has expired',
    advice: 'The refresh cookie is still there: call POST /refresh and repeat the request.',
    headers: BEARER,
  },
  invalid_token: {
    status: 401,
    title: 'The token is not accepted',
    advice: 'It has expired, was revoked or is not one of ours. Refresh it or sign in again.',
    headers: BEARER_INVALID,
  },
  forbidden: {
    status: 403,
    title: 'Not allowed',
    advice: 'You are signed in, but a permission that this needs is missing.',
    headers: { 'WWW-Authenticate': bearerChallenge(REALM, 'insufficient_scope') },
  },
  https_required: {
    status: 403,
    title: 'Only https is served',
    advice: 'Change the URL to https. What was sent over http could be read by others: replace it.',
  },
  origin_rejected: {
    status: 403,
    title: 'The origin is not allowed',
    advice: 'A request authenticated by cookie must come from this server or an origin on its allowlist.',
  },
  wrong_password: {
    status: 403,
    title: 'The current password is wrong',
    advice: 'You are still signed in. Send the current password to confirm this change.',
  },
  not_found: {
    status: 404,
    title: 'Not found',
    advice: 'Nothing is here, or not for you. Check the path and id.',
  },
  method_not_allowed: {
    status: 405,
    title: 'The method is not allowed',
    advice: 'The path exists, but not for this method. The Allow header lists those it has.',
  },
  request_timeout: {
    status: 408,
    title: 'The request took too long',
    advice: 'It did not arrive in time and was not acted upon. Send it again on another connection.',
  },
  email_taken: {
    status: 409,
    title: 'The email address is taken',
    advice: 'An account with this address exists. Sign in, or reset its password.',
  },
  username_taken: {
    status: 409,
    title: 'The username is taken',
    advice: 'Choose another one. Upper and lower case make no difference.',
  },
  last_admin: {
    status: 409,
    title: 'The last administrator stays',
    advice: 'The change would leave no enabled administrator. Appoint another one first.',
  },
  role_in_use: {
    status: 409,
    title: 'The role is in use',
    advice: 'Take it from everybody who has it first.',
  },
  role_exists: { status: 409, title: 'The role exists', advice: 'Choose another name, or change that role.' },
  payload_too_large: {
    status: 413,
    title: 'The request is too large',
    advice: 'A body may have 16 KiB at most.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'The content type is not supported',
    advice: 'Set Content-Type to one that the operation lists, usually application/json.',
  },
  validation_failed: {
    status: 422,
    title: 'The request is not valid',
    advice: 'The errors member names each member of the request that is wrong, and why.',
  },
  weak_password: {
    status: 422,
    title: 'The password is too weak',
    advice: 'It is too common, was part of a breach or resembles the account. Choose another one.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many attempts',
    advice: 'Wait for as many seconds as Retry-After says.',
  },
  headers_too_large: {
    status: 431,
    title: 'The headers are too large',
    advice:
      'All headers together may have 16 KiB at most. Cookies of this site are the usual reason: clear them.',
  },
  internal_error: {
    status: 500,
    title: 'Something went wrong here',
    advice: 'The fault is ours. Quote the request id when you report it.',
  },
  database_unavailable: {
    status: 503,
    title: 'The service is not available at the moment',
    advice: 'What this needs did not answer, so nothing is certain to have happened. Try again shortly.',
    headers: { 'Retry-After': '2' },
  },
  overloaded: {
    status: 503,
    title: 'Too busy at the moment',
    advice: 'More passwords wait to be checked than are worth waiting for. Wait as Retry-After says.',
    headers: { 'Retry-After': '5' },
  },
}

/**
 * Renders an error as a problem document. `detail` is always a text, since clients of FastAPI services
 * read it as their message.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9457#section-3
 */
export function problemResponse(c: Context<AppEnv>, error: AppError): Response {
  const { code, detail, errors, members, limit, retryAfterSeconds } = error
  const { status, title, advice, headers } = PROBLEMS[code]
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
    ...limitHeaders,
    ...(retryAfterSeconds !== undefined && { 'Retry-After': String(retryAfterSeconds) }),
    'Content-Type': 'application/problem+json',
  })
}

/**
 * `q` attempts in `w` seconds, of which `r` are left, and one more in `t` seconds.
 *
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
 */
function rateLimitHeaders({
  name,
  count,
  seconds,
  retryAfterSeconds,
}: RefusingLimit): Record<string, string> {
  const policy = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  return {
    'Retry-After': String(retryAfterSeconds),
    RateLimit: `"${policy}";r=0;t=${retryAfterSeconds}`,
    'RateLimit-Policy': `"${policy}";q=${count};w=${seconds}`,
  }
}

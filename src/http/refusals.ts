import { Hono } from 'hono'
import type { AppDeps } from '../deps.ts'
import type { AppError } from '../errors.ts'
import { type AppEnv, requestContext } from './context.ts'
import { handleError } from './handle-error.ts'
import { securityHeaders } from './security-headers.ts'

/**
 * Answers requests that the platform's HTTP or URL parser refuses, so that they never become a `Request`. The
 * answer has the problem document, headers, request id and log line of any other refusal.
 */
export function createRefusals(deps: AppDeps): (error: AppError) => Promise<Response> {
  const { publicUrl } = deps.config
  const app = new Hono<AppEnv>()
    .use(requestContext(deps, ({ passwords }) => passwords))
    .use(securityHeaders(publicUrl))
    .all('*', (c) => {
      throw c.env['error'] as AppError
    })
  app.onError(handleError)
  // The method was never parsed: the log calls it "other".
  return async (error) => await app.fetch(new Request(publicUrl, { method: 'UNREAD' }), { error })
}

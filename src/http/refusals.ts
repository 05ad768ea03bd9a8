import { Hono } from 'hono'
import type { AppDeps } from '../deps.ts'
import type { AppError } from '../errors.ts'
import { type AppEnv, requestContext } from './context.ts'
import { handleError } from './handle-error.ts'
import { securityHeaders } from './security-headers.ts'

/**
 * Answers for requests that never become a `Request`, because the platform's HTTP parser or URL parser refuses them:
 * with the problem document, the headers, the request id and the line in the log of any other refusal.
 */
export function createRefusals(deps: AppDeps): (error: AppError) => Promise<Response> {
  const { publicUrl } = deps.config
  const app = new Hono<AppEnv>()
    .use(requestContext(deps))
    .use(securityHeaders(publicUrl))
    .all('*', (c) => {
      throw c.env['error'] as AppError
    })
  app.onError(handleError)
  // Whatever the method was, it was not read: the log calls it "other".
  return async (error) => await app.fetch(new Request(publicUrl, { method: 'UNREAD' }), { error })
}

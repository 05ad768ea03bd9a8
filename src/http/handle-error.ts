import type { Context, Hono } from 'hono'
import { createMiddleware } from 'hono/factory'
import { HTTPException } from 'hono/http-exception'
import { describeCauses, openError } from '../db/errors.ts'
import { AppError } from '../errors.ts'
import { ERRORS } from '../features.ts'
import type { AppEnv } from './context.ts'
import { problemResponse } from './problem.ts'

/**
 * Turns every error into a response: known errors into their problem document, everything else into a bare
 * `internal_error`. A fault of ours is logged once, by names, codes and stack frames. Messages are left out,
 * since those of the database hold parameters and those of the token library whole tokens.
 */
export function handleError(thrown: Error, c: Context<AppEnv>): Response {
  const error = openError(thrown) as Error
  const known = toAppError(error)
  // `overloaded` is no fault of ours, and a flood would fill the log with stacks: its request line says 503.
  if (ERRORS[known.code].status >= 500 && known.code !== 'overloaded') {
    c.var.deps.log({
      event: 'request_failed',
      request_id: c.var.requestId,
      code: known.code,
      causes: describeCauses(error),
      stack: framesOf(error),
    })
  }
  return problemResponse(c, known)
}

/**
 * Wraps thrown values that are no errors. The framework passes only errors to its error handler; anything
 * else would skip it, and the headers of every middleware with it. Mount it innermost.
 */
export const throwErrorsOnly = createMiddleware(async function throwErrorsOnly(_c, next) {
  try {
    await next()
  } catch (thrown) {
    throw thrown instanceof Error
      ? thrown
      : new Error('Something that is no error was thrown', { cause: thrown })
  }
})

/** Answers requests that no route matched: 405 with `Allow` if the path has other methods, else 404. */
export function handleNotFound(router: Pick<Hono<AppEnv>, 'router'>) {
  const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
  return function handleNotFound(c: Context<AppEnv>): Response {
    const allowed = METHODS.filter((method) =>
      // Middleware is registered for all methods; only a route names one.
      router.router.match(method, c.req.path)[0].some(([[, route]]) => route.method === method),
    )
    if (allowed.length === 0) return problemResponse(c, new AppError('not_found'))
    if (allowed.includes('GET')) allowed.push('HEAD')
    c.header('Allow', [...allowed, 'OPTIONS'].join(', '))
    if (c.req.method === 'OPTIONS') return c.body(null, 204)
    return problemResponse(c, new AppError('method_not_allowed'))
  }
}

/** The stack without its message, which may have lines that look like frames. */
function framesOf({ stack = '', message }: Error): string[] {
  const start = stack.indexOf(message)
  if (start < 0) return []
  const lines = stack.slice(start + message.length).split('\n')
  return lines.filter((line) => /^\s+at /.test(line))
}

function toAppError(error: Error): AppError {
  if (error instanceof AppError) return error
  // The framework itself throws these only for bodies that it can't parse.
  if (error instanceof HTTPException && error.status === 400) {
    return new AppError('malformed_request', { cause: error })
  }
  return new AppError('internal_error', { cause: error })
}

import type { Context, Hono } from 'hono'
import { createMiddleware } from 'hono/factory'
import { HTTPException } from 'hono/http-exception'
import { describeCauses, openError } from '../db/errors.ts'
import { AppError } from '../errors.ts'
import { ERRORS } from '../features.ts'
import type { AppEnv } from './context.ts'
import { problemResponse } from './problem.ts'

/**
 * The last resort of every request: known errors become their problem document, everything else a bare
 * `internal_error`. What is our fault is logged once, by names, codes and stack frames: messages are left
 * out, because those of the database and of the token library hold values and whole tokens.
 */
export function handleError(thrown: Error, c: Context<AppEnv>): Response {
  const error = openError(thrown) as Error
  const known = toAppError(error)
  // A flood that is refused is no fault of ours, and must not fill the log with stacks: the request's line says 503.
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
 * Wraps what was thrown and is no error. The framework hands only errors to its error handler; anything else
 * would fly past it and past the headers of every middleware. To be mounted innermost.
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

/** Answers what no route took: 405 with `Allow` where the path has other methods, else 404. */
export function handleNotFound(router: Pick<Hono<AppEnv>, 'router'>) {
  const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
  return function handleNotFound(c: Context<AppEnv>): Response {
    const allowed = METHODS.filter((method) =>
      // Middleware is registered for every method; only a route names one.
      router.router.match(method, c.req.path)[0].some(([[, route]]) => route.method === method),
    )
    if (allowed.length === 0) return problemResponse(c, new AppError('not_found'))
    if (allowed.includes('GET')) allowed.push('HEAD')
    c.header('Allow', [...allowed, 'OPTIONS'].join(', '))
    if (c.req.method === 'OPTIONS') return c.body(null, 204)
    return problemResponse(c, new AppError('method_not_allowed'))
  }
}

/** Its stack without its message, whose own lines can look like frames. */
function framesOf({ stack = '', message }: Error): string[] {
  const start = stack.indexOf(message)
  if (start < 0) return []
  const lines = stack.slice(start + message.length).split('\n')
  return lines.filter((line) => /^\s+at /.test(line))
}

function toAppError(error: Error): AppError {
  if (error instanceof AppError) return error
  // The only ones that the framework throws by itself are about bodies that can't be parsed.
  if (error instanceof HTTPException && error.status === 400) {
    return new AppError('malformed_request', { cause: error })
  }
  return new AppError('internal_error', { cause: error })
}

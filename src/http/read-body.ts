import { bodyLimit } from 'hono/body-limit'
import { createMiddleware } from 'hono/factory'
import { AppError } from '../errors.ts'
import type { AppEnv } from './context.ts'

/** No request of this API needs more than a few hundred bytes. */
const MAX_BODY_BYTES = 16 * 1024

/**
 * Reads the whole body before any route runs, which finds it in Hono's cache. It is the one place that waits for the
 * client: what fails here (a client that goes away, a broken chunk) is the client's fault and no `internal_error`, no
 * budget is spent on half a request, and an answer that leaves the body unread, which costs the connection, is rare.
 * Under Node it is also where the adapter makes the `Request`, which the Fetch standard refuses for some targets that HTTP
 * allows (`http://user@host/`).
 *
 * @throws AppError `payload_too_large`, from the length alone where it is given; `malformed_request` where the body ends
 *   early
 */
export function readBody() {
  const limit = bodyLimit({
    maxSize: MAX_BODY_BYTES,
    onError: () => {
      throw new AppError('payload_too_large')
    },
  })
  return createMiddleware<AppEnv>(async function readBody(c, next) {
    try {
      await limit(c, async () => {
        if (c.req.raw.body) await c.req.arrayBuffer()
      })
    } catch (cause) {
      throw cause instanceof AppError ? cause : new AppError('malformed_request', { cause })
    }
    await next()
  })
}

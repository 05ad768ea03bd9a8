import { bodyLimit } from 'hono/body-limit'
import { createMiddleware } from 'hono/factory'
import { AppError } from '../errors.ts'
import type { AppEnv } from './context.ts'

/** No request of this API needs more than a few hundred bytes. */
const MAX_BODY_BYTES = 16 * 1024

/**
 * Reads the whole body before any route runs; routes find it in Hono's cache. No other code waits for the
 * client, so: a client that goes away or sends a broken chunk gets no `internal_error`, which would be a
 * fault of ours; no bucket is spent on half a request; and few answers leave a body unread, which costs the
 * connection.
 *
 * Under Node, reading also makes the adapter build the `Request`, which the Fetch standard refuses for some
 * targets that HTTP allows (`http://user@host/`).
 *
 * @throws AppError `payload_too_large`, by `Content-Length` alone if there is one; `malformed_request` if the
 *   body ends early
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

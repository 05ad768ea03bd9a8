import { Agent, request } from 'undici'
import type { DatabaseFetch } from '../db/client.ts'

/** One pool of kept-alive connections, as `fetch` has; idle ones keep no process alive. */
const dispatcher = new Agent()

/**
 * Replaces the database driver's `fetch` under Node. Without the streams, header objects and copies of the
 * Fetch standard, a statement takes a third of the CPU. It never sends a statement twice, follows no
 * redirect, and asks for no compression.
 */
export const fetchUnderNode: DatabaseFetch = async (url, { method, headers, body, signal }) => {
  const sent = request(url, {
    dispatcher,
    method,
    body,
    signal,
    // The content type that `fetch` sends for a string.
    headers: { 'Content-Type': 'text/plain;charset=UTF-8', ...headers },
  })
  // undici ignores `signal` until it is connected, which can take its connect timeout of 10 s.
  const response = await Promise.race([sent, untilAborted(signal)])
  const { statusCode: status } = response
  return {
    ok: status >= 200 && status < 300,
    status,
    json: () => response.body.json(),
    text: () => response.body.text(),
  }
}

/** Only rejects. */
function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

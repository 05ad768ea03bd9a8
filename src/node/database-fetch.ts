import { Agent, request } from 'undici'
import type { DatabaseFetch } from '../db/client.ts'

/** One pool of kept-alive connections, as `fetch` has; idle ones don't keep the process running. */
const dispatcher = new Agent()

/**
 * What `fetch` is to the database's driver, under Node and without the Fetch standard's streams, headers and copies: a
 * third of the CPU, for every statement. It never sends a statement twice by itself, follows no redirect, and asks for
 * no compression.
 */
export const fetchUnderNode: DatabaseFetch = async (url, { method, headers, body, signal }) => {
  const sent = request(url, {
    ...{ dispatcher, method, body, signal },
    // As `fetch` names the type of a text.
    headers: { 'Content-Type': 'text/plain;charset=UTF-8', ...headers },
  })
  // Until there is a connection, undici hears of no abort: where nobody accepts one, that is after ten seconds.
  const response = await Promise.race([sent, untilAborted(signal)])
  const { statusCode: status } = response
  return {
    ok: status >= 200 && status < 300,
    status,
    json: () => response.body.json(),
    text: () => response.body.text(),
  }
}

/** Never fulfilled. */
function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}

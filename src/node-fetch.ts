import { Agent, request } from 'undici'
import type { DatabaseFetch } from './db/client.ts'

/** One pool of kept-alive connections, as `fetch` has; idle ones don't keep the process running. */
const dispatcher = new Agent()

/**
 * What `fetch` does for the database's driver, under Node and without the Fetch standard's streams, headers and
 * copies: a third of the CPU, for every statement. Like `fetch` it never sends a statement twice by itself.
 */
export const fetchUnderNode: DatabaseFetch = async (url, { method, headers, body, signal }) => {
  const response = await request(url, {
    dispatcher,
    method,
    // As `fetch` names the type of a text.
    headers: { 'Content-Type': 'text/plain;charset=UTF-8', ...headers },
    body,
    signal: signal ?? null,
  })
  const { statusCode: status } = response
  return {
    ok: status >= 200 && status < 300,
    status,
    json: () => response.body.json(),
    text: () => response.body.text(),
  }
}

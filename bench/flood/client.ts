import { type Dispatcher, request } from 'undici'

/** A server, and the header that carries the client's address, as a proxy or Cloudflare sets it. */
export type Target = { origin: string; addressHeader: string }

export type Call = {
  method: 'GET' | 'POST'
  path: string
  address: string
  token?: string
  json?: unknown
  signal: AbortSignal
}

/** `status` is null without a complete response: connection refused, reset, or timed out. */
export type Answer = { status: number | null; milliseconds: number; hasRetryAfter: boolean; body: string }

/** Sends a request from an address, and reads the complete response. Never throws. */
export async function call(target: Target, dispatcher: Dispatcher, wanted: Call): Promise<Answer> {
  const { method, path, address, token, json, signal } = wanted
  const start = performance.now()
  const since = () => performance.now() - start
  try {
    const { statusCode, headers, body } = await request(`${target.origin}${path}`, {
      method,
      dispatcher,
      signal,
      headers: {
        [target.addressHeader]: address,
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
        ...(json === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    })
    const text = await body.text()
    const hasRetryAfter = /^[1-9]\d*$/.test(String(headers['retry-after'] ?? ''))
    return { status: statusCode, milliseconds: since(), hasRetryAfter, body: text }
  } catch {
    return { status: null, milliseconds: since(), hasRetryAfter: false, body: '' }
  }
}

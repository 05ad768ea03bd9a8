import { TransportError } from '../transport.ts'

/** How the transports over HTTP send. */
export type Http = { fetch: typeof fetch; timeoutMilliseconds: number }

export type ApiRequest = {
  /** As operators know it. */
  provider: string
  url: string
  headers: HeadersInit
  /** JSON, as it is sent. */
  body: string
  /** The name of the provider's error, in its response. */
  errorName: (response: Response, body: unknown) => unknown
}

/** Providers' names and codes of errors are tokens. Anything else could quote the mail, which has a link. */
const TOKEN = /^[\w.-]{1,64}$/

/** Errors of providers are a few hundred bytes. */
const MAX_ERROR_BYTES = 16_384

/**
 * Posts one request, once, and discards the answer.
 *
 * @throws TransportError unless the answer is 2xx. A redirect is not followed: it would send the mail, with
 * its link, to a server that is not configured
 */
export async function post(request: ApiRequest, { fetch, timeoutMilliseconds }: Http): Promise<void> {
  const { provider, url, headers, body, errorName } = request
  const signal = AbortSignal.timeout(timeoutMilliseconds)
  let response: Response
  try {
    response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal })
  } catch (error) {
    if (signal.aborted) throw new TransportError(`${provider} did not answer in time`)
    throw new TransportError(`${provider} could not be reached${inBrackets(codeOf(error))}`)
  }
  if (response.ok) return await response.body?.cancel().catch(() => {})
  const answer = await readJson(response).catch(() => null)
  const message = `${provider} answered ${response.status}${inBrackets(errorName(response, answer))}`
  // These codes are about this one mail; all others are about the key, the limits or the provider.
  throw new TransportError(message, { isFinal: response.status === 400 || response.status === 422 })
}

/** The member `name` of a JSON object. */
export function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

async function readJson(response: Response): Promise<unknown> {
  const reader = response.body?.getReader()
  const decoder = new TextDecoder()
  let text = ''
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
    text += decoder.decode(read.value, { stream: true })
    if (text.length > MAX_ERROR_BYTES) return await reader?.cancel()
  }
  return JSON.parse(text)
}

/** The reason of a failed connection as Node's `fetch` gives it, such as `ECONNREFUSED`. */
const codeOf = (error: unknown) => memberOf(memberOf(error, 'cause'), 'code')

/** ` (token)`; an empty string if it is not a token. */
export function inBrackets(token: unknown): string {
  const text = typeof token === 'number' ? String(token) : token
  return typeof text === 'string' && TOKEN.test(text) ? ` (${text})` : ''
}

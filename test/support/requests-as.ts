type Headers = Record<string, string>

/** The parts of a request that tests set. */
export type Sent = { method?: string; headers?: Headers; body?: string | Uint8Array<ArrayBuffer> }

type Request = (path: string, init: Sent) => Response | Promise<Response>

/** An access token, or the token pair that contains it. */
export type Bearer = string | { access_token: string }

export const authorization = (bearer: Bearer) => ({
  Authorization: `Bearer ${typeof bearer === 'string' ? bearer : bearer.access_token}`,
})

/**
 * Requests with an access token in their `Authorization` header. Bodies are sent as JSON; a string is sent as
 * it is, for JSON that no client would write.
 *
 * @param request sends to the application under test, in this process or over HTTP
 */
export function requestsAs(request: Request, bearer: Bearer) {
  const authorized = async (path: string, init: Sent = {}) =>
    await request(path, { ...init, headers: { ...init.headers, ...authorization(bearer) } })
  const send = (method: string, path: string, body?: unknown, headers: Headers = {}) => {
    if (body === undefined) return authorized(path, { method, headers })
    return authorized(path, {
      method,
      headers: { 'Content-Type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    })
  }
  const sender = (method: string) => (path: string, body?: unknown, headers?: Headers) =>
    send(method, path, body, headers)
  return {
    request: authorized,
    /** For tests that take the method from a table. */
    send,
    get: (path: string, headers?: Headers) => send('GET', path, undefined, headers),
    post: sender('POST'),
    put: sender('PUT'),
    patch: sender('PATCH'),
    delete: sender('DELETE'),
  }
}

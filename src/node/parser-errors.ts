import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { AppError } from '../errors.ts'
import type { ErrorCode } from '../features.ts'
import type { Connections } from './connections.ts'
import { endLingering } from './linger.ts'

const CODES: Record<string, ErrorCode> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'payload_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
}

export const NOT_HTTP = 'What was sent is no valid HTTP request. Check its request line, Host and length.'

/** The error for a request that Node's HTTP parser or its timeouts refuse; `null`: the connection broke. */
function toRefusalError({ code = '' }: NodeJS.ErrnoException): AppError | null {
  const known = CODES[code]
  if (known) return new AppError(known)
  return code.startsWith('HPE_') ? new AppError('malformed_request', { detail: NOT_HTTP }) : null
}

/** Writes a refusal to a bare socket, which has no `ServerResponse`, and ends the connection. */
export async function refuseOn(socket: Socket, response: Response, date: Date): Promise<void> {
  const body = await response.text()
  const headers = new Headers(response.headers)
  headers.set('Date', date.toUTCString())
  headers.set('Content-Length', String(new TextEncoder().encode(body).length))
  headers.set('Connection', 'close')
  const lines = [...headers].map(([name, value]) => `${name}: ${value}\r\n`).join('')
  if (!socket.writable) return
  socket.write(`HTTP/1.1 ${response.status} ${STATUS_CODES[response.status]}\r\n${lines}\r\n${body}`)
  endLingering(socket)
}

/**
 * Answers an error of a connection, unless the connection broke, after the responses to the requests before
 * it.
 */
export function onClientError(
  error: NodeJS.ErrnoException,
  {
    socket,
    connections,
    refuseSocket,
  }: {
    socket: Socket
    connections: Connections
    refuseSocket: (socket: Socket, error: AppError) => Promise<void>
  },
): void {
  const refusal = toRefusalError(error)
  const answers = connections.answersOn(socket)
  // The refusal of a pipelined request must not come before the response to the request before it.
  if (refusal && connections.isBusy(socket)) for (const answer of answers) answer.shouldKeepAlive = false
  // The connection broke, the client sent nothing, or a response has begun.
  else if (
    !refusal ||
    !socket.writable ||
    socket.bytesRead === 0 ||
    answers.some(({ headersSent }) => headersSent)
  )
    socket.destroy()
  else void refuseSocket(socket, refusal)
}

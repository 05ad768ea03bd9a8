import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/**
 * A TCP connection for bytes that no HTTP client would send. It collects the bytes that it receives.
 *
 * @param options.allowHalfOpen for a client that continues after the server has ended its side
 */
export async function open(port: number, { allowHalfOpen = false } = {}) {
  const socket: Socket = connect({ port, host: '127.0.0.1', allowHalfOpen })
  let received = ''
  let failure: NodeJS.ErrnoException | null = null
  let isEnded = false
  socket.on('data', (chunk) => (received += String(chunk)))
  socket.on('error', (error) => (failure = error))
  socket.on('end', () => (isEnded = true))
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  await once(socket, 'connect')
  return {
    socket,
    closed,
    received: () => received,
    /** The error that ended the connection, such as a reset. */
    failure: () => failure,
    isEnded: () => isEnded,
    write: (text: string) => void socket.write(text),
    /** Waits for the `count`th complete response, or for the end of the connection. */
    async answer(count = 1): Promise<string> {
      const over = closed.then(() => true)
      for (;;) {
        const answer = answersIn(received)[count - 1]
        if (answer !== undefined) return answer
        if (
          await Promise.race([
            over,
            once(socket, 'data').then(
              () => false,
              () => true,
            ),
          ])
        )
          break
      }
      return answersIn(received)[count - 1] ?? ''
    },
  }
}

/** Every complete response in a string; one without Content-Length has no body. */
function answersIn(text: string): string[] {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return []
  const length = Number(/^content-length: (\d+)\r$/im.exec(text.slice(0, end + 2))?.[1] ?? 0)
  const size = end + 4 + length
  return text.length < size ? [] : [text.slice(0, size), ...answersIn(text.slice(size))]
}

/** The head of a request, which is all of a request without a body. */
export const head = (line: string, headers: Record<string, string | number> = {}) =>
  `${line} HTTP/1.1\r\n${Object.entries({ Host: 'localhost', ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`

export const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1] ?? 0)

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/**
 * A connection of bytes as no HTTP client would send them, which keeps what comes back.
 *
 * @param options.allowHalfOpen for a client that goes on when the server has ended its side
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
    /** What ended the connection the hard way. */
    failure: () => failure,
    isEnded: () => isEnded,
    write: (text: string) => void socket.write(text),
    /** Waits until a whole answer with a length, the `count`th, has come, or the connection is over. */
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

/** Every whole answer that is in a text; those without a length have no body. */
function answersIn(text: string): string[] {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return []
  const length = Number(/^content-length: (\d+)\r$/im.exec(text.slice(0, end + 2))?.[1] ?? 0)
  const size = end + 4 + length
  return text.length < size ? [] : [text.slice(0, size), ...answersIn(text.slice(size))]
}

/** The head of a request, complete unless it has a body. */
export const head = (line: string, headers: Record<string, string | number> = {}) =>
  `${line} HTTP/1.1\r\n${Object.entries({ Host: 'localhost', ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n`

export const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1] ?? 0)

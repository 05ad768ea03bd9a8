import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Long enough for an answer to cross the world a few times. */
const LINGER_MILLISECONDS = 2000

const CHECK_MILLISECONDS = 50

/** What is read past an answer at most. Whoever sends more may learn of the refusal from a reset. */
const LINGER_BYTES = 4 * 1024 * 1024

/**
 * Ends a connection so that its last answer arrives: closed with bytes unread, it would be reset, and a reset makes the
 * client's system drop what it has not delivered yet. So we say that we are done, and throw away what still comes.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-9.6
 */
export function endLingering(socket: Socket): void {
  if (socket.destroyed) return
  const limit = socket.bytesRead + LINGER_BYTES
  let checks = LINGER_MILLISECONDS / CHECK_MILLISECONDS
  const timer = setInterval(() => {
    if (--checks < 0 || socket.bytesRead > limit) socket.destroy()
  }, CHECK_MILLISECONDS).unref()
  socket.once('close', () => clearInterval(timer))
  socket.end()
}

/** Has Node end the connection that way, where it does so behind an answer whose request was not read whole. */
export function lingerIfUnread(incoming: IncomingMessage, outgoing: ServerResponse): void {
  // Before Node's own listener, which calls `destroySoon` behind the last answer of a connection.
  outgoing.prependOnceListener('finish', () => {
    if (incoming.complete) return
    const { socket } = incoming
    socket.destroySoon = () => endLingering(socket)
    incoming.removeAllListeners('data').resume()
  })
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Long enough for an answer to cross the world a few times. */
const LINGER_MILLISECONDS = 2000

const CHECK_MILLISECONDS = 50

/** How much is read after an answer. A client that sends more may see a reset instead of the refusal. */
const LINGER_BYTES = 4 * 1024 * 1024

/**
 * Ends a connection so that its last response arrives. Closing it with bytes unread would reset it, and then
 * the client's system drops whatever it has not delivered yet. So this sends FIN, and discards all that still
 * comes.
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

/** Makes Node end the connection with `endLingering` after a response whose request was not read whole. */
export function lingerIfUnread(incoming: IncomingMessage, outgoing: ServerResponse): void {
  // Runs before Node's own listener, which calls `destroySoon` after the last answer of a connection.
  outgoing.prependOnceListener('finish', () => {
    if (incoming.complete) return
    const { socket } = incoming
    socket.destroySoon = () => endLingering(socket)
    incoming.removeAllListeners('data').resume()
  })
}

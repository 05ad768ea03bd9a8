import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** A connection with a slow body takes 54 KB of memory (measured), so this is about 100 MB. */
export const MAX_CONNECTIONS = 2000

type Exchange = { incoming: IncomingMessage; outgoing: ServerResponse }

export type Connections = ReturnType<typeof trackConnections>

/** Whether the client waits for us: its request has arrived whole and no answer has begun. */
const isBusy = (exchanges: ReadonlySet<Exchange>) =>
  [...exchanges].some(({ incoming, outgoing }) => incoming.complete && !outgoing.headersSent)

/**
 * Tracks every connection and what it waits for, and bounds how many there are. One connection too many
 * evicts the one that has kept us waiting for the longest time (idle, half a head, half a body, an answer
 * that isn't read): a client that holds thousands open evicts its own, while a request that arrives at once
 * is never the oldest.
 *
 * @param onFull called with a connection that finds no room, because all others are being served
 * @param onEvicted called for every connection that was evicted
 */
export function trackConnections(
  server: Server,
  { max, onFull, onEvicted }: { max: number; onFull: (socket: Socket) => void; onEvicted: () => void },
) {
  /** In the order in which we began to wait for them. */
  const connections = new Map<Socket, Set<Exchange>>()

  function makeRoom(newcomer: Socket): void {
    for (const [socket, exchanges] of connections) {
      if (socket === newcomer || isBusy(exchanges)) continue
      connections.delete(socket)
      socket.destroy()
      onEvicted()
      return
    }
    onFull(newcomer)
  }

  server.on('connection', (socket: Socket) => {
    connections.set(socket, new Set())
    socket.once('close', () => connections.delete(socket))
    if (connections.size > max) makeRoom(socket)
  })

  return {
    /** Call it with every request. */
    begin(incoming: IncomingMessage, outgoing: ServerResponse): void {
      const { socket } = incoming
      const exchange = { incoming, outgoing }
      connections.get(socket)?.add(exchange)
      outgoing.once('close', () => {
        const exchanges = connections.get(socket)
        exchanges?.delete(exchange)
        // To the end of the order: from now on we wait for its next request.
        if (exchanges && connections.delete(socket)) connections.set(socket, exchanges)
      })
    },
    /** The answers that this connection still has to get or is getting. */
    answersOn: (socket: Socket): ServerResponse[] =>
      [...(connections.get(socket) ?? [])].map(({ outgoing }) => outgoing),
    isBusy: (socket: Socket): boolean => isBusy(connections.get(socket) ?? new Set()),
    /** Closes connections without a request, new silent ones included, which Node does not count as idle. */
    closeIdle(): void {
      for (const [socket, exchanges] of connections) if (exchanges.size === 0) socket.destroySoon()
    },
    /** @returns how many were cut */
    closeAll(): number {
      const { size } = connections
      for (const socket of connections.keys()) socket.destroy()
      return size
    },
  }
}

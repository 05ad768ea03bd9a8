import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** A connection with a slow body takes 54 KB of memory (measured), so this is about 100 MB. */
export const MAX_CONNECTIONS = 2000

type Exchange = { incoming: IncomingMessage; outgoing: ServerResponse }

export type Connections = ReturnType<typeof trackConnections>

/** Whether the client waits for us: a request has arrived whole and its response has not begun. */
const isBusy = (exchanges: ReadonlySet<Exchange>) =>
  [...exchanges].some(({ incoming, outgoing }) => incoming.complete && !outgoing.headersSent)

type Options = {
  max: number
  /** Called with a connection that finds no room, because all others are being served. */
  onFull: (socket: Socket) => void
  /** Called for every connection that was evicted. */
  onEvicted: () => void
}

/**
 * Tracks every connection and its requests, and limits the number of connections. One too many evicts the one
 * that has kept us waiting for longest (idle, half a head, half a body, a response that isn't read): a client
 * that keeps thousands open evicts its own, and a request that arrives in one piece is never the oldest.
 */
export function trackConnections(server: Server, options: Options) {
  /** In the order in which we began to wait for them. */
  const connections: Tracked = new Map()
  server.on('connection', (socket: Socket) => {
    connections.set(socket, new Set())
    socket.once('close', () => connections.delete(socket))
    if (connections.size > options.max) makeRoom(connections, socket, options)
  })
  return {
    /** Call it with every request. */
    begin: (exchange: Exchange): void => track(connections, exchange),
    /** The responses of this connection that are not finished. */
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

type Tracked = Map<Socket, Set<Exchange>>

function makeRoom(connections: Tracked, newcomer: Socket, { onFull, onEvicted }: Options): void {
  for (const [socket, exchanges] of connections) {
    if (socket === newcomer || isBusy(exchanges)) continue
    connections.delete(socket)
    socket.destroy()
    onEvicted()
    return
  }
  onFull(newcomer)
}

function track(connections: Tracked, exchange: Exchange): void {
  const { socket } = exchange.incoming
  connections.get(socket)?.add(exchange)
  exchange.outgoing.once('close', () => {
    const exchanges = connections.get(socket)
    exchanges?.delete(exchange)
    // To the end of the order: from now on we wait for its next request.
    if (exchanges && connections.delete(socket)) connections.set(socket, exchanges)
  })
}

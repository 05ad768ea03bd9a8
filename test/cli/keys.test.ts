import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../src/config/parse-config.ts'
import type { SigningKey } from '../../src/crypto/signing-key.ts'
import { start } from '../support/process.ts'

const keys = async (args: string[], env: Record<string, string> = {}) => {
  const command = start('cli/keys.ts', { env, args })
  const code = await command.exited
  const output = command.output()
  const rings = output
    .split('\n')
    .filter((line) => line.startsWith('[{'))
    .map((line) => JSON.parse(line) as SigningKey[])
  return { code, output, rings }
}
const accepted = (ring: SigningKey[]) =>
  parseConfig({
    DATABASE_URL: 'postgresql://u:p@localhost/db',
    PUBLIC_URL: 'http://localhost:8000',
    AUTH_SECRETS: crypto.randomUUID() + crypto.randomUUID(),
    JWT_SIGNING_KEYS: JSON.stringify(ring),
  }).signingKeys

describe('npm run keys', () => {
  test.each(['ES256', 'EdDSA', 'HS256'])(
    'generate --alg %s prints a ring that the server accepts',
    async (alg) => {
      const { code, output, rings } = await keys(['generate', '--alg', alg])
      expect(code).toBe(0)
      expect(output).toContain('npx wrangler secret put JWT_SIGNING_KEYS')
      expect(rings).toHaveLength(1)
      expect(accepted(rings[0] ?? [])[0]).toMatchObject({ alg })
    },
  )

  test('rotate prints three rings: known, signing, alone', async () => {
    const { rings: made } = await keys(['generate'])
    const [old] = made[0] ?? []
    const { code, rings } = await keys(['rotate', '--alg', 'EdDSA'], {
      JWT_SIGNING_KEYS: JSON.stringify(made[0]),
    })
    expect(code).toBe(0)
    const [added] = rings[2] ?? []
    expect(rings.map((ring) => ring.map(({ kid }) => kid))).toEqual([
      [old?.kid, added?.kid],
      [added?.kid, old?.kid],
      [added?.kid],
    ])
    for (const ring of rings) expect(accepted(ring)).toHaveLength(ring.length)
  })

  test('generate --value prints nothing but the value, for a pipe', async () => {
    const { code, output, rings } = await keys(['generate', '--value'])
    expect(code).toBe(0)
    expect(output).toBe(`${JSON.stringify(rings[0])}\n`)
    expect(accepted(rings[0] ?? [])[0]).toMatchObject({ alg: 'ES256' })
  })

  test('rotate makes the key that the server makes, whatever a file has around the secret', async () => {
    const secret = crypto.randomUUID() + crypto.randomUUID()
    const server = parseConfig({
      DATABASE_URL: 'postgresql://u:p@localhost/db',
      PUBLIC_URL: 'http://localhost:8000',
      AUTH_SECRETS: crypto.randomUUID() + crypto.randomUUID(),
      JWT_SECRET: `\ufeff${secret}\r\n`,
    })
    for (const around of [secret, `${secret}\n`, ` \ufeff${secret}\r\n`]) {
      const { rings } = await keys(['rotate'], { JWT_SECRET: around })
      expect(rings[0]?.[0]).toEqual(server.signingKeys[0])
    }
  })

  test('rotate turns the secret into a key of the name that its tokens carry', async () => {
    const { rings } = await keys(['rotate'], { JWT_SECRET: crypto.randomUUID() + crypto.randomUUID() })
    expect(rings[0]?.[0]).toMatchObject({ kid: 'jwt-secret', alg: 'HS256' })
  })

  test.each([
    ['no command', [], {}],
    ['an unknown algorithm', ['generate', '--alg', 'RS256'], {}],
    ['nothing to rotate', ['rotate'], {}],
    [
      'a rotation as one value',
      ['rotate', '--value'],
      { JWT_SECRET: crypto.randomUUID() + crypto.randomUUID() },
    ],
    ['keys that are not JSON', ['rotate'], { JWT_SIGNING_KEYS: '{canary' }],
    ['a key that is none', ['rotate'], { JWT_SIGNING_KEYS: '[{"kid":"canary"}]' }],
  ])('%s is said in a line, and no key is printed', async (_, args, env) => {
    const { code, output, rings } = await keys(args, env as Record<string, string>)
    expect(code).toBe(1)
    expect(rings).toEqual([])
    expect(output).not.toMatch(/canary|^\s+at /m)
  })
})

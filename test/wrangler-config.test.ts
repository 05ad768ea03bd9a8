import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { unstable_readConfig } from 'wrangler'
import { MAX_ROUNDS } from '../src/crypto/password.ts'
import { HOURLY_CRON } from '../src/workers/create-worker.ts'
import { root } from './support/process.ts'

const folder = mkdtempSync(join(tmpdir(), 'wrangler-config-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const asDeployed = readFileSync(`${root}wrangler.toml`, 'utf8')
/** With every key in force that the file only suggests. */
const uncommented = asDeployed.replaceAll(/^# (\[.*\]$|\w+ = )/gm, '$1')

/** What is looked at here; Wrangler's own type comes from a package that it does not depend on. */
type Effective = {
  name?: string
  compatibility_date?: string
  compatibility_flags?: string[]
  workers_dev?: boolean
  preview_urls?: boolean
  routes?: object[]
  placement?: object
  limits?: { cpu_ms?: number }
  observability?: object
  triggers: object
  vars: Record<string, unknown>
  send_email?: { name: string }[]
  ratelimits: { name: string; namespace_id: string }[]
}

/** What Wrangler makes of a file, for an environment if one is named, and what it has to say about it. */
function read(text: string, env?: string): Effective & { warned: unknown[] } {
  const config = join(folder, 'wrangler.toml')
  writeFileSync(config, text)
  const warned: unknown[] = []
  const spies = (['warn', 'error'] as const).map((level) =>
    vi.spyOn(console, level).mockImplementation((...values) => void warned.push(...values)),
  )
  const effective: Effective = unstable_readConfig({ config, ...(env && { env }) })
  for (const spy of spies) spy.mockRestore()
  return { ...effective, warned }
}

describe('wrangler.toml as it is deployed', () => {
  const config = read(asDeployed)

  test('Wrangler has nothing to say about it', () => {
    expect(config.warned).toEqual([])
  })

  test('nothing answers at an address, and nothing is stored, that nobody asked for', () => {
    expect(config.preview_urls).toBe(false)
    // Undefined: on workers.dev while there are no routes, and not beside them.
    expect(config.workers_dev).toBeUndefined()
    expect(config.observability).toEqual({ enabled: true, logs: { invocation_logs: false } })
  })

  test('one cron is the hourly one that the entry knows, the other sends what could not be sent', () => {
    expect(config.triggers).toEqual({ crons: [HOURLY_CRON, '*/10 * * * *'] })
  })

  test('a request may use seconds of CPU, and the costliest one that can be configured fits', () => {
    const milliseconds = config.limits?.cpu_ms ?? Number.POSITIVE_INFINITY
    expect(milliseconds).toBeLessThanOrEqual(3000)
    // A change of password: two hashes of 140 ms at 6 rounds (docs/decisions/001-password-hashing.md).
    expect(milliseconds).toBeGreaterThan(2 * 2 * 140 * (MAX_ROUNDS / 6))
  })

  test('it has Node’s modules, which SMTP needs', () => {
    // https://developers.cloudflare.com/workers/configuration/compatibility-flags/#nodejs-compatibility-flag
    expect(config.compatibility_date?.localeCompare('2026-08-04')).toBeGreaterThanOrEqual(0)
    expect(config.compatibility_flags).toEqual([])
  })

  test('floods are counted for this Worker alone', () => {
    expect(config.ratelimits.map(({ name }) => name)).toEqual(['FLOOD_LIMITER'])
    // The one of Cloudflare's manual, which any other Worker of an account may have copied as well.
    expect(config.ratelimits.map(({ namespace_id }) => namespace_id)).not.toContain('1001')
  })
})

describe('a key that wrangler.toml suggests is in force where it stands', () => {
  test('for the deployment itself', () => {
    expect(uncommented).not.toBe(asDeployed)
    const config = read(uncommented)
    // A key below a table would be that table's field, which Wrangler only warns about.
    expect(config.warned).toEqual([])
    expect(config.routes).toEqual([{ pattern: 'auth.example.com', custom_domain: true }])
    expect(config.placement).toEqual({ region: expect.stringMatching(/^aws:/) })
    expect(config.vars).toEqual({
      PUBLIC_URL: 'https://auth.example.com',
      APP_URL: 'https://app.example.com',
      MAIL_FROM: 'no-reply@example.com',
    })
    expect(config.send_email).toEqual([{ name: 'EMAIL' }])
  })

  test('for staging, which shares no address, no variable and no count with it', () => {
    const production = read(uncommented)
    const staging = read(uncommented, 'staging')
    expect(staging.warned).toEqual([])
    expect(staging.name).not.toBe(production.name)
    expect(staging.routes).toEqual([{ pattern: 'auth.staging.example.com', custom_domain: true }])
    expect(Object.keys(staging.vars)).toEqual(Object.keys(production.vars))
    for (const [name, value] of Object.entries(staging.vars)) expect(value).not.toBe(production.vars[name])
    expect(staging.ratelimits.map(({ name }) => name)).toEqual(production.ratelimits.map(({ name }) => name))
    const namespaces = [...production.ratelimits, ...staging.ratelimits].map(
      ({ namespace_id }) => namespace_id,
    )
    expect(new Set(namespaces).size).toBe(namespaces.length)
    expect(staging.send_email).toEqual(production.send_email)
    expect(staging).toMatchObject({
      preview_urls: false,
      limits: production.limits,
      observability: production.observability,
      triggers: production.triggers,
    })
  })
})

import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import packageJson from '../package.json' with { type: 'json' }
import { parseConfig, VARIABLE_NAMES } from '../src/config/parse-config.ts'
import { root } from './support/process.ts'

const read = (path: string) => readFileSync(`${root}${path}`, 'utf8')
const readme = read('README.md')
const section = (title: string) => readme.split(`\n## ${title}\n`)[1]?.split('\n## ')[0] ?? ''
const rows = (text: string) => [...text.matchAll(/^\| `(\w+)` \| ([^|]*) \| ([^|]*) \|/gm)]

describe('the table of the configuration', () => {
  const documented = new Map(
    rows(section('Configuration')).map(([, name, , byDefault]) => [name, byDefault?.trim()]),
  )

  test('has every variable, in order, and no other', () => {
    expect([...documented.keys()]).toEqual(VARIABLE_NAMES)
  })

  test('says the defaults that are in force', () => {
    const config = parseConfig({
      DATABASE_URL: 'postgresql://u:p@localhost/db',
      PUBLIC_URL: 'http://localhost:8000',
      JWT_SECRET: crypto.randomUUID() + crypto.randomUUID(),
      AUTH_SECRETS: crypto.randomUUID() + crypto.randomUUID(),
    })
    expect(documented.get('APP_URL')).toBe(`\`${config.appUrl}\``)
    expect(documented.get('ACCESS_TOKEN_SECONDS')).toBe(`\`${config.accessTokenSeconds}\``)
    expect(documented.get('REFRESH_IDLE_SECONDS')).toBe(`\`${config.refresh.idleSeconds}\``)
    expect(documented.get('REFRESH_GRACE_SECONDS')).toBe(`\`${config.refresh.graceSeconds}\``)
    expect(documented.get('SESSION_SECONDS')).toBe(`\`${config.sessionSeconds}\``)
    expect(documented.get('PASSWORD_ITERATIONS')).toBe(`\`${config.passwordWork.iterations}\``)
    expect(documented.get('PASSWORD_ROUNDS')).toBe(`\`${config.passwordWork.rounds}\``)
    const written = ({ count, seconds }: { count: number; seconds: number }) => `\`${count}/${seconds}\``
    expect(documented.get('PASSWORD_MIN_LENGTH')).toBe(`\`${config.passwordMinLength}\``)
    expect(documented.get('LIMIT_SIGN_IN_ACCOUNT')).toBe(written(config.limits.signInAccount))
    expect(documented.get('LIMIT_SIGN_IN_ADDRESS')).toBe(written(config.limits.signInAddress))
    expect(documented.get('LIMIT_REGISTER_ADDRESS')).toBe(written(config.limits.registerAddress))
    expect(documented.get('LIMIT_FLOOD_ADDRESS')).toBe(written(config.limits.floodAddress))
    expect(documented.get('AUDIT_RETENTION_DAYS')).toBe(`\`${config.auditRetentionDays}\``)
    expect(documented.get('TRUSTED_PROXY_HOPS')).toBe(`\`${config.node.trustedProxyHops}\``)
    expect(documented.get('HOST')).toBe(`\`${config.node.host}\``)
    expect(documented.get('PORT')).toBe(`\`${config.node.port}\``)
  })
})

test.each([
  'README.md',
  'CONTRIBUTING.md',
  'docs/deploy.md',
  'docs/authorization.md',
  'docs/performance.md',
  'docs/proxies.md',
  'docs/security.md',
])('%s names commands and files that exist', (file) => {
  const text = read(file)
  for (const [, script = ''] of text.matchAll(/npm run ([a-z:]+)/g))
    expect(packageJson.scripts).toHaveProperty([script])
  const folder = file.includes('/') ? `${file.split('/')[0]}/` : ''
  for (const [, target = ''] of text.matchAll(/\]\((?!https?:|#)([^)]+)\)/g)) {
    expect(existsSync(`${root}${folder}${target}`), target).toBe(true)
  }
  for (const [, path = ''] of text.matchAll(/`((?:src|test|local|cli)\/[\w./-]+)`/g)) {
    expect(existsSync(`${root}${path}`), path).toBe(true)
  }
})

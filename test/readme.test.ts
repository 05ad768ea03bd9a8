import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
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

/** As GitHub names the headings of a document in links. */
const anchorsOf = (text: string) =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  )

const inDocs = readdirSync(`${root}docs`, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.md'))
  .map((file) => `docs/${file.replaceAll('\\', '/')}`)

describe.each(['README.md', 'CONTRIBUTING.md', ...inDocs])('%s', (file) => {
  const text = read(file)

  test('names commands and files that exist', () => {
    for (const [, script = ''] of text.matchAll(/npm run ([a-z:]+)/g))
      expect(packageJson.scripts).toHaveProperty([script])
    for (const [, path = ''] of text.matchAll(/`((?:src|test|local|cli|bench)\/[\w./-]+)`/g))
      if (!path.startsWith('bench/results/')) expect(existsSync(`${root}${path}`), path).toBe(true)
  })

  test('links to files and headings that exist', () => {
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
      const [path = '', anchor] = target.split('#')
      const linked = path ? join(dirname(file), path) : file
      expect(existsSync(`${root}${linked}`), target).toBe(true)
      if (anchor) expect(anchorsOf(read(linked)), target).toContain(anchor)
    }
  })
})

test('docs/decisions/README.md lists every decision by its title', () => {
  const index = read('docs/decisions/README.md')
  const records = inDocs.filter((file) => /^docs\/decisions\/\d/.test(file)).sort()
  expect(records.length).toBeGreaterThan(0)
  const expected = records.map((file) => {
    const [, number, title] = /^# (\d{3}) (.+)$/m.exec(read(file)) ?? []
    return `| [${number}](${basename(file)}) | ${title} |`
  })
  const listed = [...index.matchAll(/^\| \[\d{3}\]\([^)]*\) \| [^|]+ \|/gm)].map(([start]) => start)
  expect(listed).toEqual(expected)
})

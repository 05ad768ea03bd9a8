import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readmeText } from '../local/readme.ts'
import packageJson from '../package.json' with { type: 'json' }
import { FAULT_NAMES } from './support/fault-names.ts'
import { root } from './support/process.ts'

const read = (path: string) => readFileSync(`${root}${path}`, 'utf8')
const readme = read('README.md')

test('the table of the configuration is up to date (npm run readme)', () => {
  expect(readmeText(readme)).toBe(readme)
})

test('it says in how many ways the database fails in every flow', () => {
  expect(readme).toContain(`fails in ${FAULT_NAMES.length} ways`)
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

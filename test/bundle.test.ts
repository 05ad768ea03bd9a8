import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root, start } from './support/process.ts'

const folder = mkdtempSync(join(tmpdir(), 'bundle-test-'))
const metafile = join(folder, 'README-meta.json')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What `npm run deploy` would upload. */
async function bundle(): Promise<string> {
  const args = ['deploy', '--dry-run', '--outdir', folder, '--metafile', metafile]
  const env = { PATH: `${root}node_modules/.bin:${process.env['PATH']}`, WRANGLER_SEND_METRICS: 'false' }
  const command = start('node_modules/wrangler/bin/wrangler.js', { args, env })
  expect(await command.exited, command.output()).toBe(0)
  return join(folder, 'worker.js')
}

let file = ''
beforeAll(async () => {
  file = await bundle()
})

/** Whoever runs the check sees how much is left. */
// biome-ignore lint/suspicious/noConsole: it is what the figure is for
const tell = (figure: string) => console.info(figure)

/** With every feature on; better-auth alone, with Drizzle and Neon's driver, is 278 to 342. */
const MAX_KIBIBYTES = 240

test('the Worker is at most 240 KiB, compressed, and its folders say what they take of it', () => {
  // All that is uploaded: maps of the source are not.
  const files = readdirSync(folder).filter((name) => !/\.map$|^README/.test(name))
  expect(files).toContain('worker.js')
  const bytes = files.map((name) => gzipSync(readFileSync(join(folder, name))).length)
  const kibibytes = bytes.reduce((sum, length) => sum + length, 0) / 1024
  tell(`The Worker is ${kibibytes.toFixed(1)} of ${MAX_KIBIBYTES} KiB, compressed. Minified: ${shares()}`)
  expect(kibibytes).toBeLessThanOrEqual(MAX_KIBIBYTES)
  // Not because half of it is missing.
  expect(kibibytes).toBeGreaterThan(50)
})

/** What each folder of `src` and each package takes of the Worker, the largest first. */
function shares(): string {
  const { outputs } = JSON.parse(readFileSync(metafile, 'utf8')) as Metafile
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs))
  const taken = new Map<string, number>()
  for (const [path, { bytesInOutput }] of inputs) {
    const [, folder = ''] = /(?:^|\/)(?:src|node_modules)\/((?:@[^/]+\/)?[^/]+)/.exec(path) ?? []
    const name = folder.endsWith('.ts') ? 'the lobby' : folder
    taken.set(name, (taken.get(name) ?? 0) + bytesInOutput)
  }
  const sorted = [...taken].sort(([, one], [, other]) => other - one)
  return sorted.map(([name, bytes]) => `${name} ${(bytes / 1024).toFixed(1)}`).join(', ')
}

type Metafile = { outputs: Record<string, { inputs: Record<string, { bytesInOutput: number }> }> }

// Cloudflare allows a second of CPU for it:
// https://developers.cloudflare.com/workers/platform/limits/#worker-startup-time
test('its modules are evaluated in less than the second that the platform allows', async () => {
  const script = `
    const before = process.cpuUsage()
    const { default: worker } = await import(${JSON.stringify(file)})
    const { user, system } = process.cpuUsage(before)
    if (typeof worker.fetch !== 'function') throw new Error('No Worker')
    console.log((user + system) / 1000)`
  const command = start('--input-type=module', { args: ['-e', script], env: {} })
  expect(await command.exited, command.output()).toBe(0)
  const milliseconds = Number(command.output())
  tell(`Its modules are evaluated in ${milliseconds.toFixed(0)} of 1,000 ms of CPU, under Node`)
  expect(milliseconds).toBeGreaterThan(0)
  expect(milliseconds).toBeLessThan(1000)
})

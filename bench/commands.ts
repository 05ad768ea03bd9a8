import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from './process.ts'

/** How a server is started on either runtime. */
export type Runtime = 'Node' | 'workerd'

type Variables = Record<string, string>
type Start = { port: number; probe: string; variables: Variables }

const root = fileURLToPath(new URL('..', import.meta.url))

/** Bundles and configurations, which hold the secrets of the run; gone with the process, however that ends. */
const work = mkdtempSync(join(tmpdir(), 'auth-bench-'))
process.on('exit', () => rmSync(work, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

export function nodeCommand(file: string, { port, probe, variables }: Start): Command {
  return { file: process.execPath, args: [file], env: variables, port, probe: { method: 'GET', path: probe } }
}

/**
 * The runtime of Workers itself, without the servers that development puts in front of it.
 *
 * @param config the wrangler.toml of what it serves
 */
export function workerdCommand(config: string, { port, probe, variables }: Start): Command {
  const bundle = bundleOf(config)
  const file = join(bundle, `${port}.capnp`)
  writeFileSync(file, workerdConfiguration(port, variables), { mode: 0o600 })
  return {
    file: workerdBinary(),
    args: ['serve', file],
    env: {},
    port,
    probe: { method: 'GET', path: probe },
  }
}

const bundles = new Map<string, string>()

/** The folder of what `wrangler deploy` would upload. */
function bundleOf(config: string): string {
  const known = bundles.get(config)
  if (known) return known
  const folder = join(work, `bundle-${bundles.size}`)
  mkdirSync(folder)
  const wrangler = join(root, 'node_modules/wrangler/bin/wrangler.js')
  execFileSync(process.execPath, [wrangler, 'deploy', '--dry-run', '--outdir', folder, '-c', config], {
    cwd: root,
    env: {
      ...process.env,
      PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH']}`,
      WRANGLER_SEND_METRICS: 'false',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  bundles.set(config, folder)
  return folder
}

function workerdConfiguration(port: number, variables: Variables): string {
  const bindings = Object.entries(variables).map(
    ([name, value]) => `(name = "${name}", text = ${JSON.stringify(value)})`,
  )
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "assets", disk = ${JSON.stringify(join(root, 'assets'))}),
    (name = "outside", network = (allow = ["local", "private", "public"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "2026-10-23",
  bindings = [(name = "ASSETS", service = "assets"), ${bindings.join(', ')}],
  globalOutbound = "outside",
);
`
}

/** The launcher of the package would be a process more. */
function workerdBinary(): string {
  return execFileSync(process.execPath, ['-p', "require('workerd').default"], { cwd: root }).toString().trim()
}

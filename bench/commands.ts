import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './checkouts.ts'
import type { Command } from './process.ts'

export const RUNTIMES = ['Node', 'workerd'] as const
export type Runtime = (typeof RUNTIMES)[number]

type Variables = Record<string, string>
type Start = { port: number; probe: string; variables: Variables }
/** A `[[ratelimits]]` of wrangler.toml: `limit` requests a key in `period` seconds. */
export type Limiter = { name: string; limit: number; period: number }
type WorkerOptions = { checkout?: string; limiters?: readonly Limiter[] }

/** Bundles and configurations, which contain the secrets of the run; removed when the process exits. */
const work = mkdtempSync(join(tmpdir(), 'auth-bench-'))
process.on('exit', () => rmSync(work, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

export function nodeCommand(file: string, { port, probe, variables }: Start): Command {
  return { file: process.execPath, args: [file], env: variables, port, probe: { method: 'GET', path: probe } }
}

/**
 * workerd itself, without the servers that `wrangler dev` puts in front of it.
 *
 * @param config the path of the Worker's wrangler.toml
 * @param options.checkout the repository whose assets and wrangler are used; default: this one
 * @param options.limiters bindings that `bench/flood/limiter.js` implements; default: none
 */
export function workerdCommand(
  config: string,
  { port, probe, variables }: Start,
  { checkout = root, limiters = [] }: WorkerOptions = {},
): Command {
  const bundle = bundleOf(config, checkout)
  const file = join(bundle, `${port}.capnp`)
  if (limiters.length > 0) copyFileSync(join(root, 'bench/flood/limiter.js'), join(bundle, 'limiter.js'))
  const text = workerdConfiguration(port, variables, { checkout, limiters })
  writeFileSync(file, text, { mode: 0o600 })
  return {
    file: workerdBinary(),
    args: ['serve', file],
    env: {},
    port,
    probe: { method: 'GET', path: probe },
  }
}

const bundles = new Map<string, string>()

/** The folder with the bundle that `wrangler deploy` would upload. */
function bundleOf(config: string, checkout: string): string {
  const known = bundles.get(config)
  if (known) return known
  const folder = join(work, `bundle-${bundles.size}`)
  mkdirSync(folder)
  const wrangler = join(checkout, 'node_modules/wrangler/bin/wrangler.js')
  execFileSync(process.execPath, [wrangler, 'deploy', '--dry-run', '--outdir', folder, '-c', config], {
    cwd: checkout,
    env: {
      ...process.env,
      PATH: `${join(checkout, 'node_modules/.bin')}:${process.env['PATH']}`,
      WRANGLER_SEND_METRICS: 'false',
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  bundles.set(config, folder)
  return folder
}

function workerdConfiguration(
  port: number,
  variables: Variables,
  { checkout, limiters }: Required<WorkerOptions>,
): string {
  const texts = Object.entries(variables).map(
    ([name, value]) => `(name = "${name}", text = ${JSON.stringify(value)})`,
  )
  const wrapped = limiters.map(
    ({ name, limit, period }) =>
      `(name = "${name}", wrapped = (moduleName = "bench:limiter", innerBindings = [
        (name = "limit", json = "${limit}"), (name = "period", json = "${period}")]))`,
  )
  const bindings = [...texts, ...wrapped].join(', ')
  const module = '(name = "bench:limiter", internal = true, esModule = embed "limiter.js")'
  const extensions = limiters.length > 0 ? `extensions = [(modules = [${module}])],` : ''
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "assets", disk = ${JSON.stringify(join(checkout, 'assets'))}),
    (name = "outside", network = (allow = ["local", "private", "public"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
  ${extensions}
);
const main :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "2026-10-23",
  bindings = [(name = "ASSETS", service = "assets"), ${bindings}],
  globalOutbound = "outside",
);
`
}

/** The binary itself: the launcher of the package would add a process. */
function workerdBinary(): string {
  return execFileSync(process.execPath, ['-p', "require('workerd').default"], { cwd: root }).toString().trim()
}

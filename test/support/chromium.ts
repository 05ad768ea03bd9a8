import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The path of a browser. If there is none, tries to install Debian's package; `null` if that fails. */
export function findChromium(): string | null {
  const present = () => PATHS.find((path) => existsSync(path)) ?? null
  if (present() || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return present()
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [
    ['update', '-qq'],
    ['install', '-y', '-qq', '--no-install-recommends', 'chromium'],
  ]) {
    spawnSync('apt-get', args, { env, timeout: 300_000 })
  }
  return present()
}

/** A headless browser without background traffic to the internet. */
export function launch(executablePath: string): Promise<Browser> {
  const quiet = [
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
    // Names for pages whose host is not loopback.
    '--host-resolver-rules=MAP *.test 127.0.0.1',
  ]
  return chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', ...quiet],
  })
}

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Where a browser is, installed from Debian's packages if there is none; `null` where that can't be done. */
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

/** A headless browser that talks to this machine alone. */
export function launch(executablePath: string): Promise<Browser> {
  const quiet = [
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
    // A name of the internet, for pages that are not of this machine.
    '--host-resolver-rules=MAP *.test 127.0.0.1',
  ]
  return chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', ...quiet],
  })
}

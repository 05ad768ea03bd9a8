import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { misused } from './usage.ts'

/** A working copy of this repository, with its dependencies installed. */
export type Checkout = { name: 'before' | 'now'; folder: string; commit: string }

/** The folder of this checkout. */
export const root = fileURLToPath(new URL('..', import.meta.url))

/** @param before the folder of another checkout, as the option `--before` names it */
export function openBoth(before: string): [before: Checkout, now: Checkout] {
  return [openCheckout('before', resolve(before)), openCheckout('now', root)]
}

/** Ends the process if the folder is no working copy, or if its dependencies are not installed. */
export function openCheckout(name: Checkout['name'], folder: string): Checkout {
  const commit = commitOf(folder)
  if (commit === null || !existsSync(join(folder, 'node_modules')))
    misused(`${folder} is no working copy of this repository, or lacks its dependencies (npm ci)`)
  return { name, folder, commit }
}

function commitOf(folder: string): string | null {
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', folder, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  try {
    const isChanged = git('status', '--porcelain', '--', 'src', 'drizzle', 'wrangler.toml') !== ''
    return git('rev-parse', '--short', 'HEAD').trim() + (isChanged ? ', changed' : '')
  } catch {
    return null
  }
}

/** Applies the migrations of a checkout by its own command: another checkout may have other ones. */
export function migrate(folder: string, databaseUrl: string): void {
  execFileSync(process.execPath, ['cli/migrate.ts'], {
    cwd: folder,
    env: { PATH: process.env['PATH'], DATABASE_URL: databaseUrl },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

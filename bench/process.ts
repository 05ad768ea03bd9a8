import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type HttpRequest, sendOnce } from './load.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const TICKS_PER_SECOND = 100

export type Command = {
  file: string
  args: string[]
  env: Record<string, string>
  port: number
  probe: HttpRequest
}

/** A server that runs, and what it has used. */
export type Running = {
  port: number
  /** From the start of the process to its first answer, of a route that asks no database. */
  coldStartMilliseconds: number
  /** Of the process and its children, in seconds. */
  cpuSeconds(): number
  peakMebibytes(): number
  stop(): Promise<void>
}

const HALF_A_MINUTE = 30_000

/** Whatever ends this process ends them. */
const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) for (const id of familyOf(child)) kill(id)
})

/** Starts a server and waits for its first answer; what doesn't answer is ended. */
export async function startServer({ file, args, env, port, probe }: Command): Promise<Running> {
  const start = performance.now()
  // What it logs is written, as in production, and read by nobody.
  const child = spawn(file, args, {
    cwd: root,
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  running.add(child)
  const exited = once(child, 'exit')
  exited.catch(() => {})
  const stop = async () => {
    for (const id of familyOf(child)) kill(id)
    running.delete(child)
    await exited
  }
  try {
    await untilAnswering(child, port, probe)
  } catch (error) {
    await stop()
    throw error
  }
  return {
    ...{ port, stop, coldStartMilliseconds: performance.now() - start },
    cpuSeconds: () => sum(familyOf(child), cpuOf),
    peakMebibytes: () => sum(familyOf(child), peakOf),
  }
}

/** What is gone by then is no error. */
function kill(id: number): void {
  try {
    process.kill(id, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function untilAnswering(child: ChildProcess, port: number, probe: HttpRequest): Promise<void> {
  if (child.pid === undefined) throw new Error(`${child.spawnfile} can't be started`)
  const until = performance.now() + HALF_A_MINUTE
  while (performance.now() < until) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`A server ended with ${child.exitCode ?? child.signalCode}`)
    const answered = await sendOnce(port, probe).then(
      () => true,
      () => false,
    )
    if (answered) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error(`Nothing answers at port ${port}`)
}

function sum(ids: readonly number[], of: (id: number) => number): number {
  return ids.reduce((total, id) => total + of(id), 0)
}

/**
 * A process and all that came of it; nobody, where it could not be started or has ended: what has no id must not be taken
 * for 0, which everything descends from, nor an id for that of whoever has it next.
 */
function familyOf({ pid, exitCode, signalCode }: ChildProcess): number[] {
  if (pid === undefined || exitCode !== null || signalCode !== null) return []
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), Number(statOf(Number(name))[1] ?? 0)]),
  )
  const belongs = (id: number): boolean => id === pid || (parents.has(id) && belongs(parents.get(id) ?? 0))
  return [...parents.keys()].filter(belongs)
}

/** The fields of `/proc/ID/stat` after the name, which may hold blanks. */
function statOf(id: number): string[] {
  try {
    return readFileSync(`/proc/${id}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
  } catch {
    return []
  }
}

function cpuOf(id: number): number {
  const fields = statOf(id)
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS_PER_SECOND
}

function peakOf(id: number): number {
  try {
    const [, kibibytes] = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${id}/status`, 'utf8')) ?? []
    return Number(kibibytes ?? 0) / 1024
  } catch {
    return 0
  }
}

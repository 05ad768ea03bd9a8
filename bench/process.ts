import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { root } from './checkouts.ts'
import { type HttpRequest, sendOnce } from './load.ts'

/** `USER_HZ` of Linux, the unit of times in `/proc/ID/stat`. */
const TICKS_PER_SECOND = 100

export type Command = {
  file: string
  args: string[]
  env: Record<string, string>
  port: number
  /** A request that needs no database: the first answer to it ends the start. */
  probe: HttpRequest
}

/** A server that runs, and how much CPU and memory it has used. */
export type Running = {
  port: number
  /** From spawning the process to its first answer. */
  coldStartMilliseconds: number
  /** Of the process and its descendants, in seconds. */
  cpuSeconds(): number
  peakMebibytes(): number
  stop(): Promise<void>
}

const START_TIMEOUT_MILLISECONDS = 30_000

/** All are killed when this process exits, for whatever reason. */
const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) for (const id of familyOf(child)) kill(id)
})

/** Starts a server and waits for its first answer; kills it if there is none within half a minute. */
export async function startServer({ file, args, env, port, probe }: Command): Promise<Running> {
  const start = performance.now()
  // Logs are written, as in production, and discarded.
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
    port,
    stop,
    coldStartMilliseconds: performance.now() - start,
    cpuSeconds: () => sum(familyOf(child), cpuOf),
    peakMebibytes: () => sum(familyOf(child), peakOf),
  }
}

function kill(id: number): void {
  try {
    process.kill(id, 'SIGKILL')
  } catch (error) {
    // ESRCH: the process has ended already.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

async function untilAnswering(child: ChildProcess, port: number, probe: HttpRequest): Promise<void> {
  if (child.pid === undefined) throw new Error(`${child.spawnfile} can't be started`)
  const deadline = performance.now() + START_TIMEOUT_MILLISECONDS
  while (performance.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`A server ended with ${child.exitCode ?? child.signalCode}`)
    const hasAnswered = await sendOnce(port, probe).then(
      () => true,
      () => false,
    )
    if (hasAnswered) return
    await sleep(5)
  }
  throw new Error(`No server answers at port ${port}`)
}

function sum(ids: readonly number[], of: (id: number) => number): number {
  return ids.reduce((total, id) => total + of(id), 0)
}

/**
 * The ids of a process and its descendants. None if it could not be started: a missing id must not become 0,
 * the ancestor of all. None either if it has ended: the id may belong to another process by now.
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

/** The fields of `/proc/ID/stat` behind the name, which may contain spaces. */
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

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** A port that nobody has at the moment. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as { port: number }
  probe.close()
  await once(probe, 'close')
  return port
}

/** Waits until a server answers; half a minute at most. */
export async function untilHealthy(api: string): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    const response = await fetch(`${api}/health`).catch(() => null)
    if (response?.ok) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`${api} never answered`)
}

/**
 * Starts a command of the project in a process group of its own, as a terminal does, so that a signal can be
 * sent the way Ctrl-C sends it: to all of the group.
 */
export function start(file: string, { env, args = [] }: { env: NodeJS.ProcessEnv; args?: string[] }) {
  const child: ChildProcess = spawn(process.execPath, [file, ...args], {
    cwd: root,
    detached: true,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk))
  // Not 'exit': under load that comes before the last of the output.
  const exited = once(child, 'close').then(([code]) => code as number | null)
  return {
    exited,
    processId: child.pid,
    output: () => output,
    /** Waits until something was printed. */
    async until(text: string | RegExp): Promise<void> {
      for (let attempt = 0; attempt < 500; attempt++) {
        if (output.search(text) >= 0) return
        if (child.exitCode !== null) break
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      throw new Error(`Never printed ${text}:\n${output}`)
    },
    /** What Ctrl-C does, and waits for the end. */
    async interrupt(signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
      if (child.exitCode === null && child.signalCode === null && child.pid) process.kill(-child.pid, signal)
      return await exited
    },
  }
}

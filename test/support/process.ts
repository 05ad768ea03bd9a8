import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** A port that is free at the moment. */
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

/** What every command gets; `NODE_COMPILE_CACHE` as `vitest.config.ts` sets it. */
const inherited = () =>
  Object.fromEntries(['PATH', 'HOME', 'NODE_COMPILE_CACHE'].map((name) => [name, process.env[name]]))

/**
 * Starts a command of the project in its own process group, as a terminal does: Ctrl-C signals the whole
 * group.
 */
export function start(file: string, { env, args = [] }: { env: NodeJS.ProcessEnv; args?: string[] }) {
  const child: ChildProcess = spawn(process.execPath, [file, ...args], {
    cwd: root,
    detached: true,
    env: { ...inherited(), ...env },
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk))
  // Not 'exit', which under load comes before the last output.
  const exited = once(child, 'close').then(([code]) => code as number | null)
  return {
    exited,
    processId: child.pid,
    output: () => output,
    /** Waits until the output contains `text`; 50 seconds at most. */
    async until(text: string | RegExp): Promise<void> {
      for (let attempt = 0; attempt < 500; attempt++) {
        if (output.search(text) >= 0) return
        if (child.exitCode !== null) break
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      throw new Error(`Never printed ${text}:\n${output}`)
    },
    /** Signals the group as Ctrl-C does, and waits until the process has ended. */
    async interrupt(signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
      if (child.exitCode === null && child.signalCode === null && child.pid) process.kill(-child.pid, signal)
      return await exited
    },
  }
}

import { once } from 'node:events'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

export type Server = { url: string; close(): Promise<unknown> }

/** The servers that all tests share. Only the thread of a server imports its modules. */
const SERVERS = {
  async databases(): Promise<Server> {
    const { startDatabases } = await import('./databases.ts')
    return await startDatabases('postgres', () => startInThread('pglite'))
  },
  async pglite(): Promise<Server> {
    const { startDatabases } = await import('./databases.ts')
    return await startDatabases('pglite')
  },
  async breachedPasswords(): Promise<Server> {
    const { startBreachedPasswords } = await import('./breached-passwords.ts')
    return await startBreachedPasswords()
  },
  async mailProvider(): Promise<Server> {
    const { startMailProvider } = await import('./mail-provider.ts')
    return await startMailProvider()
  },
}

type ServerName = keyof typeof SERVERS

/**
 * Starts a server in a thread of its own. In Vitest's main thread, which transforms modules and writes the
 * report, it would answer late, and a healthy database would miss deadlines.
 */
export async function startInThread(server: ServerName): Promise<Server> {
  const thread = new Worker(new URL(import.meta.url), { workerData: { server } })
  const [url] = (await Promise.race([
    once(thread, 'message'),
    once(thread, 'error').then(([error]) => Promise.reject(error as Error)),
  ])) as [string]
  const close = () => {
    thread.postMessage('close')
    return once(thread, 'exit')
  }
  return { url, close }
}

async function serve(server: ServerName): Promise<void> {
  const { url, close } = await SERVERS[server]()
  parentPort?.postMessage(url)
  parentPort?.once('message', () => void close().then(() => process.exit()))
}

const { server } = (workerData ?? {}) as { server?: ServerName }
if (!isMainThread && server) await serve(server)

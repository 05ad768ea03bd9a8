import { once } from 'node:events'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { startBreachedPasswords } from './breached-passwords.ts'
import { startDatabases } from './databases.ts'

/** What tests share, each in a thread of its own. `others` is where a server finds another one. */
const SERVERS = {
  postgres: (others?: string) => startDatabases('postgres', others),
  pglite: () => startDatabases('pglite'),
  breachedPasswords: () => startBreachedPasswords(),
}

type Job = { server: keyof typeof SERVERS; others?: string }

/**
 * Starts a server in a thread: the one that has the tests transforms their modules and writes their report, and what it
 * serves beside that is answered late; a healthy database would pass deadlines that are about unhealthy ones.
 */
export async function startInThread(job: Job): Promise<{ url: string; close(): Promise<unknown> }> {
  const thread = new Worker(new URL(import.meta.url), { workerData: job })
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

async function serve({ server, others }: Job): Promise<void> {
  const { url, close } = await SERVERS[server](others)
  parentPort?.postMessage(url)
  parentPort?.once('message', () => void close().then(() => process.exit()))
}

if (!isMainThread && (workerData as Partial<Job> | null)?.server) await serve(workerData as Job)

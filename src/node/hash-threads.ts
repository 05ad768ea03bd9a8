import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Derive, WorkFactor } from '../crypto/password.ts'

export type HashTask = WorkFactor & { id: number; password: string; salt: Uint8Array<ArrayBuffer> }
type Answer = { id: number; block: Uint8Array<ArrayBuffer> }
type Pending = { resolve(block: Uint8Array<ArrayBuffer>): void; reject(error: Error): void }

/** One core is left to the thread that serves requests. */
export const HASH_THREADS = Math.max(1, availableParallelism() - 1)

/**
 * Derives on threads of its own. Web Crypto would do it on libuv's four, which also check the signatures of tokens and
 * look up names: with four hashes under way, everybody's request waits for one of them.
 *
 * @returns what `createPasswordHasher` derives with; threads begin with the first task and keep no process running
 */
export function createHashThreads(count: number = HASH_THREADS): Derive {
  const threads = Array.from({ length: count }, () => createThread())
  return function derive(password, salt, work) {
    const [first, ...others] = threads
    if (!first) throw new TypeError('Hashing needs a thread')
    const idlest = others.reduce((best, thread) => (thread.load() < best.load() ? thread : best), first)
    return idlest.run({ password, salt, ...work })
  }
}

function createThread() {
  const pending = new Map<number, Pending>()
  let worker: Worker | undefined
  let tasks = 0
  const start = () => {
    const started = new Worker(new URL('./hash-thread.ts', import.meta.url))
    started.unref()
    started.on('message', ({ id, block }: Answer) => {
      pending.get(id)?.resolve(block)
      pending.delete(id)
      if (pending.size === 0) started.unref()
    })
    // A thread that ends takes its tasks along; the next task starts another one.
    const end = (error: Error) => {
      worker = undefined
      for (const { reject } of pending.values()) reject(error)
      pending.clear()
    }
    started.on('error', end)
    started.on('exit', () => end(new Error('A hash thread ended')))
    return started
  }
  return {
    load: () => pending.size,
    run(task: Omit<HashTask, 'id'>): Promise<Uint8Array<ArrayBuffer>> {
      worker ??= start()
      tasks++
      const id = tasks
      const result = new Promise<Uint8Array<ArrayBuffer>>((resolve, reject) =>
        pending.set(id, { resolve, reject }),
      )
      worker.ref()
      worker.postMessage({ ...task, id })
      return result
    },
  }
}

import type { Admission } from '../deps.ts'
import { AppError } from '../errors.ts'
import { FairQueue, type Waiter } from './fair-queue.ts'

export type AdmissionOptions = {
  /** The most hashes that run at the same time. */
  running: number
  /** The most that wait. */
  waiting: number
  /** A client that has waited for so long is refused: it will not wait any longer. */
  deadlineMilliseconds: number
  /**
   * After so long, a hash no longer counts as running even if it has not ended. Workers drop a request whose
   * client has gone, and the `finally` that ends its hash never runs.
   */
  leaseMilliseconds: number
  /** A monotonic clock in milliseconds. */
  now: () => number
  sleep: (milliseconds: number) => Promise<void>
}

/**
 * How often those who wait look whether it is their turn. The next in line wastes at most a thirtieth of a
 * hash; the others look about as often as a turn ends.
 */
const NEXT_MILLISECONDS = 5
const OTHERS_MILLISECONDS = 50

const FIRST_ESTIMATE_MILLISECONDS = 150
const MAX_RETRY_SECONDS = 60

/**
 * The admission of one process or isolate, over a `FairQueue`.
 *
 * Waiting is polling: in workerd, a request must not await a promise that another request resolves, since
 * that request can vanish.
 */
export function createAdmission(options: AdmissionOptions): Admission {
  const { now, sleep, running, waiting, deadlineMilliseconds } = options
  const queue = new FairQueue(waiting, now)
  const leases = createLeases(options)

  const overloadedError = () => {
    const seconds = ((queue.length + leases.count()) * leases.typicalMilliseconds()) / running / 1000
    return new AppError('overloaded', {
      retryAfterSeconds: Math.min(MAX_RETRY_SECONDS, Math.max(1, Math.ceil(seconds))),
    })
  }
  const isTurn = (waiter: Waiter) => leases.count() < running && queue.next() === waiter
  const wait = async (waiter: Waiter) => {
    if (waiter.isEvicted || now() - waiter.since >= deadlineMilliseconds) throw overloadedError()
    await sleep(queue.next() === waiter ? NEXT_MILLISECONDS : OTHERS_MILLISECONDS)
    queue.keep(waiter)
  }
  return {
    assertRoom(network) {
      if (!queue.hasRoom(network)) throw overloadedError()
    },
    async run(network, work) {
      const waiter = queue.join(network)
      if (!waiter) throw overloadedError()
      try {
        while (!isTurn(waiter)) await wait(waiter)
      } finally {
        queue.leave(waiter)
      }
      queue.remember(network)
      return await leases.run(work)
    },
  }
}

/** Counts the hashes that run, and estimates how long one takes. */
function createLeases({ now, leaseMilliseconds }: Pick<AdmissionOptions, 'now' | 'leaseMilliseconds'>) {
  const expiries = new Map<symbol, number>()
  let typical = FIRST_ESTIMATE_MILLISECONDS
  return {
    count: () => {
      for (const [lease, expiry] of expiries) if (expiry <= now()) expiries.delete(lease)
      return expiries.size
    },
    typicalMilliseconds: () => typical,
    async run<T>(work: () => Promise<T>): Promise<T> {
      const lease = Symbol('lease')
      const start = now()
      expiries.set(lease, start + leaseMilliseconds)
      try {
        return await work()
      } finally {
        expiries.delete(lease)
        // An exponential moving average.
        typical += (now() - start - typical) / 8
      }
    },
  }
}

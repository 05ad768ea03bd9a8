import type { Admission } from '../deps.ts'
import { AppError } from '../errors.ts'
import { FairQueue, type Waiter } from './fair-queue.ts'

export type AdmissionOptions = {
  /** How many run at the same time. */
  running: number
  /** How many wait at most. */
  waiting: number
  /** After so long nobody is expected to wait any more. */
  deadlineMilliseconds: number
  /**
   * After so long a place counts as left although nobody said so. Workers drop a request whose client went
   * away, and with it the `finally` that would leave the place.
   */
  leaseMilliseconds: number
  /** A monotonic clock in milliseconds. */
  now: () => number
  sleep: (milliseconds: number) => Promise<void>
}

/** The first in line looks often enough to waste a thirtieth of a hash, the others as often as one takes. */
const NEXT_MILLISECONDS = 5
const OTHERS_MILLISECONDS = 50

const FIRST_ESTIMATE_MILLISECONDS = 150
const MAX_RETRY_SECONDS = 60

/**
 * Admission for one process or isolate. The next turn is the network's whose last turn is the longest ago, so
 * that somebody who comes for the first time in a while passes all who flood, and those share what is left.
 * Where the queue is full, the longest one loses its latest: a network that floods can't fill it up for
 * others.
 *
 * Waiting is polling, since in workerd one request's promise must not hang on another request, which can
 * vanish.
 */
export function createAdmission(options: AdmissionOptions): Admission {
  const { now, sleep, running, deadlineMilliseconds, leaseMilliseconds } = options
  const queue = new FairQueue(options.waiting, now)
  const leases = new Map<symbol, number>()
  let typical = FIRST_ESTIMATE_MILLISECONDS

  const countRunning = () => {
    for (const [lease, until] of leases) if (until <= now()) leases.delete(lease)
    return leases.size
  }
  const overloaded = () => {
    const seconds = ((queue.length + countRunning()) * typical) / running / 1000
    return new AppError('overloaded', {
      retryAfterSeconds: Math.min(MAX_RETRY_SECONDS, Math.max(1, Math.ceil(seconds))),
    })
  }
  const isTurn = (waiter: Waiter) => countRunning() < running && queue.next() === waiter
  const wait = async (waiter: Waiter) => {
    if (waiter.isEvicted || now() - waiter.since >= deadlineMilliseconds) throw overloaded()
    await sleep(queue.next() === waiter ? NEXT_MILLISECONDS : OTHERS_MILLISECONDS)
    queue.keep(waiter)
  }
  return {
    assertRoom(network) {
      if (!queue.hasRoom(network)) throw overloaded()
    },
    async run(network, work) {
      const waiter = queue.join(network)
      if (!waiter) throw overloaded()
      try {
        while (!isTurn(waiter)) await wait(waiter)
      } finally {
        queue.leave(waiter)
      }
      queue.remember(network)
      const lease = Symbol(network)
      const start = now()
      leases.set(lease, start + leaseMilliseconds)
      try {
        return await work()
      } finally {
        leases.delete(lease)
        typical += (now() - start - typical) / 8
      }
    },
  }
}

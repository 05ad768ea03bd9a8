import type { DeliverDeps, Delivery } from '../deps.ts'
import { recordFailure, recordSent } from './record.sql.ts'

/** Two tries of a channel, fifteen seconds each, what is between them, and recording. */
const TRY_MILLISECONDS = 40_000

/** Most failures are over by then: a connection was reset, a server restarted. */
const QUICK_RETRY_MILLISECONDS = 2000

/** One minute, two, four … an hour; but the schedule runs every ten minutes only. */
const FIRST_RETRY_SECONDS = 60
const MAX_RETRY_SECONDS = 3600

/**
 * So many refusals of one message for good, and it is given up. Not the first: servers say so for a while,
 * too.
 */
const MAX_FINAL_FAILURES = 3

/** Long enough for the answer of a server, short enough for a column. */
const MAX_ERROR_CHARACTERS = 200

/**
 * Sends a delivery that this process has claimed, and records the result. If the process ends between the
 * two, the delivery is sent again after the lease, with the same id. Never rejects.
 *
 * @param options.retriesSoon whether to try a second time, two seconds after a failure
 * @returns `refused`: the server works, and does not take this one; `failed` too if the claim ends too soon
 */
export async function deliver(
  deps: DeliverDeps,
  delivery: Delivery,
  { retriesSoon }: { retriesSoon: boolean },
): Promise<Delivered> {
  const { db, clock, log } = deps
  const { id, kind, name, attempts, lockedUntil } = delivery
  // Another process may claim it before this try is over.
  if (clock().getTime() + TRY_MILLISECONDS > lockedUntil) return 'failed'
  const failure = await attempt(deps, delivery, retriesSoon)
  const now = clock()
  try {
    if (failure === null) {
      await recordSent(db, { id, now })
      return 'sent'
    }
    const { error, isFinal } = failure
    log({ event: 'delivery_failed', kind, name, id, attempts, error })
    const givesUp = isFinal && attempts >= MAX_FINAL_FAILURES
    await recordFailure(db, { id, attempts, error, givesUp, retryAt: retryTime(attempts, now), now })
  } catch (cause) {
    log({ event: 'delivery_not_recorded', kind, id, sent: failure === null, error: nameOf(cause) })
  }
  if (failure === null) return 'sent'
  return failure.isAboutOne ? 'refused' : 'failed'
}

/** The outcome of one try. */
export type Delivered = 'sent' | 'refused' | 'failed'

type Failure = { error: string; isFinal: boolean; isAboutOne: boolean }

/** @returns `null`: sent */
async function attempt(
  { channels, sleep }: Pick<DeliverDeps, 'channels' | 'sleep'>,
  delivery: Delivery,
  retriesSoon: boolean,
): Promise<Failure | null> {
  const channel = channels[delivery.kind]
  if (!channel) return toFailure(new Error(`nothing sends ${delivery.kind} here`))
  try {
    await channel(delivery)
    return null
  } catch (error) {
    const failure = toFailure(error)
    if (!retriesSoon || failure.isFinal) return failure
    await sleep(QUICK_RETRY_MILLISECONDS)
  }
  return await attempt({ channels, sleep }, delivery, false)
}

function retryTime(attempts: number, now: Date): Date {
  const seconds = Math.min(MAX_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** (attempts - 1))
  return new Date(now.getTime() + seconds * 1000)
}

function toFailure(error: unknown): Failure {
  const message = error instanceof Error ? error.message : 'failed'
  const is = (flag: string) => error instanceof Error && Reflect.get(error, flag) === true
  const isFinal = is('isFinal')
  const isAboutOne = isFinal || is('isAboutOne')
  return { error: message.slice(0, MAX_ERROR_CHARACTERS), isFinal, isAboutOne }
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown'
}

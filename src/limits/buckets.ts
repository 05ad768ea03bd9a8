import { keyedHash } from '../crypto/keyed-hash.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { Limit } from '../features/rules.ts'
import type { Bucket } from '../sql/limits.ts'
import type { OnceBucket } from '../sql/record-once.ts'

export type BucketDeps = Pick<Deps, 'config' | 'limitKeys' | 'client'>

/** What acts of somebody who is signed in are counted for. */
export async function accountBucket(
  deps: BucketDeps,
  { limit, userId }: { limit: Limit; userId: number },
): Promise<Bucket> {
  return { key: await bucketKey(deps, limit.name, String(userId)), ...limit }
}

/** Of the client's network and of those around it. */
export type AddressBuckets = [Bucket, ...Bucket[]]

/**
 * A bucket for the client's own network, and a wider one for each network around it.
 *
 * @param kind what is counted: the beginning of the rows' keys
 */
export async function addressBuckets(
  deps: BucketDeps,
  kind: string,
  { count, seconds }: Limit,
): Promise<AddressBuckets> {
  const { network, widerNetworks } = deps.client
  const bucketOf = async (each: string, share: number) => ({
    key: await bucketKey(deps, kind, each),
    count: count * share,
    seconds,
  })
  return await Promise.all([
    bucketOf(network, 1),
    ...widerNetworks.map((wider) => bucketOf(wider.network, wider.share)),
  ])
}

/**
 * How long a refusal, or a reading of personal data, stands for all like it: a page of a list is not an
 * event.
 */
const RECORD_SECONDS = 3600

/**
 * What keeps one kind of event from being recorded more than once an hour.
 *
 * @param whose who did what, as far as it makes another event
 */
export async function recordBucket(
  deps: Pick<BucketDeps, 'limitKeys'>,
  kind: 'denied' | 'read',
  whose: string,
): Promise<OnceBucket> {
  return { key: await bucketKey(deps, kind, whose), seconds: RECORD_SECONDS }
}

/**
 * The error for a client that has to wait.
 *
 * @param secondsToWait until the next attempt is let through; `null` if that isn't known: then it is the time
 *   in which one attempt is refilled, which is the longest that it can be
 */
export function rateLimited(limit: Limit, secondsToWait: number | null): AppError {
  const wait = secondsToWait !== null && secondsToWait > 0 ? secondsToWait : limit.seconds / limit.count
  return new AppError('rate_limited', {
    limit: { ...limit, retryAfterSeconds: Math.max(1, Math.ceil(wait)) },
  })
}

/** The key of a row: it shows what is counted and, without our secret, nothing of for whom. */
export async function bucketKey(
  { limitKeys }: Pick<BucketDeps, 'limitKeys'>,
  kind: string,
  whose: string,
): Promise<string> {
  return `${kind}:${await keyedHash(limitKeys, `${kind}:${whose}`)}`
}

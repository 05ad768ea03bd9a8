import type { Config, LimitName } from '../config/parse-config.ts'
import type { Limit } from '../config/rules.ts'
import { keyedHash } from '../crypto/keyed-hash.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { Bucket } from '../sql/limits.ts'
import type { OnceBucket } from '../sql/record-once.ts'

/** Limits of what somebody who is signed in does, and what their rows are called. */
const ACCOUNT_KINDS = { act: 'act', profile: 'profile' } as const

export type AccountLimitName = keyof typeof ACCOUNT_KINDS

export type BucketDeps = Pick<Deps, 'config' | 'limitKeys' | 'client'>

/** What acts of somebody who is signed in are counted for. */
export async function accountBucket(
  deps: BucketDeps,
  { name, userId }: { name: AccountLimitName; userId: number },
): Promise<Bucket> {
  return { key: await bucketKey(deps, ACCOUNT_KINDS[name], String(userId)), ...deps.config.limits[name] }
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

/** How long a refusal, or a reading of personal data, stands for all like it: a page of a list is not an event. */
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
 * The error for who has to wait.
 *
 * @param secondsToWait until the next attempt is let through; where it isn't known, at most the time that one
 *   attempt takes to be refilled
 */
export function rateLimited(config: Config, name: LimitName, secondsToWait: number | null): AppError {
  const { count, seconds } = config.limits[name]
  const wait = secondsToWait !== null && secondsToWait > 0 ? secondsToWait : seconds / count
  return new AppError('rate_limited', {
    limit: { name, count, seconds, retryAfterSeconds: Math.max(1, Math.ceil(wait)) },
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

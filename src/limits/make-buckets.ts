import { hashWithKey } from '../crypto/hash-with-key.ts'
import type { Deps } from '../deps.ts'
import type { Limit } from '../features/rules.ts'
import type { Bucket } from '../sql/limits.ts'
import type { OnceBucket } from '../sql/record-once.ts'

export type BucketDeps = Pick<Deps, 'config' | 'limitKeys' | 'client'>

/** A limit, and whether all sessions of an account share its bucket or each has one. */
export type Counting = { limit: Limit; per: 'account' | 'session' }

/** The bucket that counts the acts of a signed-in user. */
export async function makeActBucket(
  deps: BucketDeps,
  { limit, per }: Counting,
  { userId, sessionId }: { userId: number; sessionId: string },
): Promise<Bucket> {
  const counted = per === 'session' ? `session ${sessionId}` : String(userId)
  return { key: await makeBucketKey(deps, limit.name, counted), ...limit }
}

/** The bucket of the client's network, then those of the wider networks around it. */
export type AddressBuckets = [Bucket, ...Bucket[]]

/**
 * Makes a bucket for the client's own network, and a larger one for each wider network around it.
 *
 * @param kind the kind of attempt that they count: the beginning of the keys
 */
export async function makeAddressBuckets(
  deps: BucketDeps,
  kind: string,
  { count, seconds }: Limit,
): Promise<AddressBuckets> {
  const { network, widerNetworks } = deps.client
  const make = async (counted: string, share: number) => ({
    key: await makeBucketKey(deps, kind, counted),
    count: count * share,
    seconds,
  })
  return await Promise.all([
    make(network, 1),
    ...widerNetworks.map((wider) => make(wider.network, wider.share)),
  ])
}

/**
 * A refusal, or a reading of personal data, is recorded once an hour: not each page of a list is an event.
 */
const RECORD_SECONDS = 3600

/**
 * The bucket that keeps one kind of event from being recorded more than once an hour.
 *
 * @param distinction the user and all else that makes it a different event
 */
export async function makeRecordBucket(
  deps: Pick<BucketDeps, 'limitKeys'>,
  kind: 'denied' | 'read',
  distinction: string,
): Promise<OnceBucket> {
  return { key: await makeBucketKey(deps, kind, distinction), seconds: RECORD_SECONDS }
}

/**
 * The key of a bucket's row. It shows the kind of attempt; the account, device or network that is counted is
 * hashed with a secret, so that a leak of the table shows no addresses.
 */
export async function makeBucketKey(
  { limitKeys }: Pick<BucketDeps, 'limitKeys'>,
  kind: string,
  counted: string,
): Promise<string> {
  return `${kind}:${await hashWithKey(limitKeys, `${kind}:${counted}`)}`
}

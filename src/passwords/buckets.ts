import { DEVICE_TOKEN_SECONDS, type Device } from '../crypto/device-token.ts'
import { addressBuckets, type BucketDeps, bucketKey } from '../limits/buckets.ts'
import type { KnownBucket, PasswordBuckets } from './attempt.sql.ts'

/**
 * Where an attempt comes from, if it is known to be the account's own: a browser that signed in before, or a
 * session that is live.
 */
export type Known = Device | { userId: number; sessionId: string }

/**
 * @param attempt.identifier whose password, as it was given; an account that does not exist has a bucket too
 */
export async function passwordBuckets(
  deps: BucketDeps,
  { identifier, known }: { identifier: string; known: Known | null },
): Promise<PasswordBuckets> {
  const { limitSignInAccount, limitSignInAddress } = deps.config
  const [key, addresses, own] = await Promise.all([
    bucketKey(deps, 'account', identifier),
    addressBuckets(deps, 'address', limitSignInAddress),
    known && knownBucket(deps, known),
  ])
  return { account: { key, ...limitSignInAccount }, addresses, known: own }
}

async function knownBucket(deps: BucketDeps, known: Known): Promise<KnownBucket> {
  const { userId } = known
  if ('sessionId' in known) {
    const key = await bucketKey(deps, 'session', known.sessionId)
    return { userId, passwordVersion: null, key, keepSeconds: deps.config.sessionSeconds }
  }
  const key = await bucketKey(deps, 'device', known.deviceId)
  return { userId, passwordVersion: known.passwordVersion, key, keepSeconds: DEVICE_TOKEN_SECONDS }
}

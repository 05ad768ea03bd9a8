import { DEVICE_TOKEN_SECONDS, type Device } from '../crypto/device-token.ts'
import { type BucketDeps, makeAddressBuckets, makeBucketKey } from '../limits/make-buckets.ts'
import type { KnownBucket, PasswordBuckets } from './attempt.sql.ts'

/**
 * The origin of an attempt that the account knows: a browser that signed in before, or a live session.
 */
export type Known = Device | { userId: number; sessionId: string }

/**
 * Makes the buckets of an attempt at a password.
 *
 * @param attempt.identifier in lower case; an account that does not exist has a bucket too
 */
export async function makePasswordBuckets(
  deps: BucketDeps,
  { identifier, known }: { identifier: string; known: Known | null },
): Promise<PasswordBuckets> {
  const { limitSignInAccount, limitSignInAddress } = deps.config
  const [key, addresses, own] = await Promise.all([
    makeBucketKey(deps, 'account', identifier),
    makeAddressBuckets(deps, 'address', limitSignInAddress),
    known && knownBucket(deps, known),
  ])
  return { account: { key, ...limitSignInAccount }, addresses, known: own }
}

async function knownBucket(deps: BucketDeps, known: Known): Promise<KnownBucket> {
  const { userId } = known
  if ('sessionId' in known) {
    const key = await makeBucketKey(deps, 'session', known.sessionId)
    return { userId, passwordVersion: null, key, keepSeconds: deps.config.sessionSeconds }
  }
  const key = await makeBucketKey(deps, 'device', known.deviceId)
  return { userId, passwordVersion: known.passwordVersion, key, keepSeconds: DEVICE_TOKEN_SECONDS }
}

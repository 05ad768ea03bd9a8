import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import { type BucketDeps, makeActBucket } from '../limits/make-buckets.ts'
import { rateLimitedError } from '../limits/rate-limited-error.ts'
import type { User } from '../sql/users.ts'
import { type ProfileChange, updateProfile } from './change-profile.sql.ts'
import { takenError } from './taken-error.ts'
import { tooLargeError } from './too-large-error.ts'

/**
 * Changes a user's own username, full name or metadata.
 *
 * @returns the user as stored now
 * @throws AppError `username_taken` with the pointer; `validation_failed` if the metadata would be too large;
 *   `rate_limited` for asking for too many usernames; `invalid_token` if the caller's session has ended
 */
export async function changeProfile(
  deps: Pick<Deps, 'db' | 'clock'> & BucketDeps,
  { id, sessionId, ...change }: ProfileChange & { id: number; sessionId: string },
): Promise<User> {
  const limit = deps.config.limitProfileAccount
  // Probing: `username_taken` tells who exists.
  const usernameLimit =
    typeof change.username === 'string'
      ? {
          name: limit.name,
          bucket: await makeActBucket(deps, { limit, per: 'account' }, { userId: id, sessionId }),
        }
      : null
  const changed = await updateProfile(deps, { id, sessionId, ...change, usernameLimit, now: deps.clock() })
  switch (changed.outcome) {
    case 'done':
      return changed.user
    case 'username':
      throw takenError('username')
    case 'too_large':
      throw tooLargeError('user_metadata')
    case 'limited':
      throw rateLimitedError(limit, changed.secondsToWait)
    case 'ended':
      throw new AppError('invalid_token')
  }
}

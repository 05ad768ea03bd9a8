import { type Bucket, giveBack } from '../sql/limits.ts'
import { countFailure, isUnlocked, LOCKED, NO_FAILURES } from '../sql/lockout.ts'
import { account, isRight, type SignInEffects } from '../sql/opening.ts'
import { sql } from '../sql/template.ts'
import { users } from '../users/schema.ts'

type Attempted = {
  /** The stored hash that the password was compared with; `null`: none. */
  storedHash: string | null
  /** A hash of the same password with the configured parameters; `null` to keep the stored one. */
  upgradedHash: string | null
  /** The account whose failures are to be counted; `null`: none. */
  wrongFor: number | null
  /** The bucket that a success gives the attempt back to, and whether it is that of a known device. */
  bucket: Bucket
  byDevice: boolean
}

/**
 * The additions of a password to the statement that opens a session: a wrong password is counted as a
 * failure, a success gives its attempt back, and an upgraded hash replaces only the hash it was made from, so
 * that of two parallel upgrades the second changes nothing.
 *
 * @returns a function of the time of the statement, and of whether signing in needs a verified address
 */
export function passwordEffects({ storedHash, upgradedHash, wrongFor, bucket, byDevice }: Attempted) {
  const stored = storedHash ?? ''
  return (now: Date, { needsVerified }: { needsVerified: boolean }): SignInEffects => ({
    condition: sql`(${byDevice}::boolean or ${isUnlocked(users, now)})`,
    assigned: {
      ...NO_FAILURES,
      passwordHash: sql`case when ${users.passwordHash} = ${stored}
        then coalesce(${upgradedHash}, ${users.passwordHash}) else ${users.passwordHash} end`,
    },
    parts: {
      failed: countFailure({ userId: wrongFor, byDevice, now }),
      given_back: giveBack(bucket, isRight({ needsVerified }), { forgets: byDevice }),
    },
    events: [
      {
        type: 'hash_upgraded',
        from: sql`from account where ${account.passwordHash} = ${upgradedHash ?? ''}`,
      },
    ],
    mails: [LOCKED],
  })
}

import { type Bucket, giveBack } from '../sql/limits.ts'
import { countFailure, isUnlocked } from '../sql/lockout.ts'
import { account, isProven, type SignInEffects } from '../sql/opening.ts'
import { sql } from '../sql/template.ts'
import { users } from '../users/schema.ts'

type Attempted = {
  /** The hash that the password was compared with; `null`: there was none. */
  storedHash: string | null
  /** The same password hashed with today's parameters; `null` to keep the hash. */
  upgradedHash: string | null
  /** The account that the password was wrong for; `null`: none. */
  wrongFor: number | null
  /** The bucket that the attempt spent, and whether it is a known device's own. */
  bucket: Bucket
  byDevice: boolean
}

/**
 * What a password's attempt writes when a session opens, or does not: a wrong password is counted, a success
 * gives back what it spent, and an upgraded hash replaces exactly the hash that it was made from, so that of
 * two parallel upgrades the second changes nothing.
 */
export function passwordEffects({ storedHash, upgradedHash, wrongFor, bucket, byDevice }: Attempted) {
  const stored = storedHash ?? ''
  const { id, passwordHash } = account
  return (now: Date): SignInEffects => ({
    condition: sql`(${byDevice}::boolean or ${isUnlocked(users, now)})`,
    assigned: {
      passwordHash: sql`case when ${users.passwordHash} = ${stored}
        then coalesce(${upgradedHash}, ${users.passwordHash}) else ${users.passwordHash} end`,
    },
    parts: {
      failed: countFailure({ userId: wrongFor, byDevice, now }),
      given_back: giveBack(bucket, isProven, { forgets: byDevice }),
    },
    events: [
      {
        type: 'hash_upgraded',
        from: sql`from account where ${passwordHash} = ${upgradedHash ?? ''}`,
        userId: id,
        actorId: id,
      },
    ],
  })
}

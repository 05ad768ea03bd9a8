import type { SQL } from 'drizzle-orm'
import { users } from '../users/schema.ts'
import type { Bucket } from './limits.ts'
import { isUnlocked } from './lockout.ts'
import { columnsOf } from './parts.ts'
import { caller } from './sessions.ts'
import { sql } from './template.ts'

/**
 * An act on a user's own account for which the password was confirmed: the caller, the version of the account
 * that the password was checked against, and the bucket that the check spent from.
 */
export type ConfirmedAct = {
  userId: number
  sessionId: string
  authVersion: number
  bucket: Bucket
  /** Whether that is the bucket of the session, and not the account's. */
  byDevice: boolean
  now: Date
}

/**
 * Why the act was not done. `ended`: the caller's session has ended. `outdated`: since the check, the
 * password was changed or the account was locked.
 */
export type NotDone = 'ended' | 'outdated'

const u = columnsOf(users, 'u')

/** A condition on the user's row `u`: the check is still valid. Needs the part `caller`. */
export function isConfirmed({ authVersion, byDevice, now }: Omit<ConfirmedAct, 'bucket'>): SQL<boolean> {
  return sql`${u.id} = ${caller.userId} and ${caller.authVersion} = ${authVersion}
    and (${byDevice}::boolean or ${isUnlocked(u, now)})`
}

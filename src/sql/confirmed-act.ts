import type { SQL } from 'drizzle-orm'
import { users } from '../users/schema.ts'
import type { Bucket } from './limits.ts'
import { isUnlocked } from './lockout.ts'
import { columnsOf } from './parts.ts'
import { caller } from './sessions.ts'
import { sql } from './template.ts'

/**
 * Who acts on their whole account, which state of it their password was checked against, and what the check
 * spent.
 */
export type ConfirmedAct = {
  userId: number
  sessionId: string
  authVersion: number
  bucket: Bucket
  /** Whether the bucket is the session's own. */
  byDevice: boolean
  now: Date
}

/**
 * Why not: the caller's session had ended; or since the check the password was replaced, or the account
 * locked.
 */
export type NotDone = 'ended' | 'outdated'

const u = columnsOf(users, 'u')

/** Whether the check still holds, as a condition of the user's row `u` beside the part `caller`. */
export function isConfirmed({ authVersion, byDevice, now }: Omit<ConfirmedAct, 'bucket'>): SQL<boolean> {
  return sql`${u.id} = ${caller.userId} and ${caller.authVersion} = ${authVersion}
    and (${byDevice}::boolean or ${isUnlocked(u, now)})`
}

import type { SQL } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import { violatedUnique } from '../db/errors.ts'
import { run } from '../db/run.ts'
import type { Client } from '../net/client-address.ts'
import { recordEvents } from '../sql/events.ts'
import { assignments, columnsOf, statement } from '../sql/parts.ts'
import { byCaller, caller, lockCaller } from '../sql/sessions.ts'
import { sql } from '../sql/template.ts'
import { time } from '../sql/time.ts'
import { type User, userFields } from '../sql/users.ts'
import { USERNAME_KEY, users } from './schema.ts'

export type ProfileChange = { id: number; sessionId: string; username?: string; fullName?: string; now: Date }

const u = columnsOf(users, 'u')
const before = columnsOf(users, 'before')
const current = columnsOf(users, 'current')

/**
 * Changes the profile of the caller. If every value is as before, nothing is written or recorded.
 *
 * @returns the user as stored now; `username` if somebody else has that one; `null` if the caller's session
 *   has ended
 */
export async function updateProfile(
  { db, client }: { db: Database; client: Client },
  change: ProfileChange,
): Promise<User | null | 'username'> {
  const { id: userId, sessionId, now } = change
  const details = sql`jsonb_build_object('members', ${JSON.stringify(changedFields(change))}::jsonb)`
  const profile = statement(
    {
      caller: lockCaller({ userId, sessionId, now }),
      // Locked, so that it is read anew: another request may just have changed it while `caller` waited.
      before: sql`
        select u.* from ${users} u join caller on ${u.id} = ${caller.userId} for no key update of u`,
      changed: changeProfile(change),
      current: sql`
        select * from changed union all
        select * from before where not exists (select from changed)`,
      recorded: recordEvents({ client, now }, [
        { ...byCaller('profile_changed', sql`from caller, changed`), details },
      ]),
    },
    { fields: userFields(current), from: sql`from current` },
  )
  try {
    const [user] = await run(db, profile)
    return user ?? null
  } catch (error) {
    if (violatedUnique(error) === USERNAME_KEY) return 'username'
    throw error
  }
}

function changedFields({ username, fullName }: ProfileChange): string[] {
  return [...(username === undefined ? [] : ['username']), ...(fullName === undefined ? [] : ['full_name'])]
}

/** The part `changed`: the user after the change, if a value differs from the one of the part `before`. */
function changeProfile({ username, fullName, now }: ProfileChange): SQL {
  const newUsername = sql`coalesce(${username ?? null}, ${before.username})`
  const newFullName = sql`coalesce(${fullName ?? null}, ${before.fullName})`
  const values = { username: newUsername, fullName: newFullName, updatedAt: time(now) }
  return sql`
    update ${users} u set ${assignments(users, values)} from before where ${u.id} = ${before.id}
      and (${before.username}, ${before.fullName}) is distinct from (${newUsername}, ${newFullName})
    returning u.*`
}

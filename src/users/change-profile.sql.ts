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
      changed: changeProfile(change),
      // Locked, so that it is read anew: another request may just have given it the same values.
      unchanged: sql`
        select u.* from ${users} u join caller on ${u.id} = ${caller.userId}
        where not exists (select from changed) for no key update of u`,
      current: sql`select * from changed union all select * from unchanged`,
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

/** The part `changed`, beside `caller`: the user after the change, if a value differs from the one before. */
function changeProfile({ username, fullName, now }: ProfileChange): SQL {
  const newUsername = sql`coalesce(${username ?? null}, ${u.username})`
  const newFullName = sql`coalesce(${fullName ?? null}, ${u.fullName})`
  const values = { username: newUsername, fullName: newFullName, updatedAt: time(now) }
  return sql`
    update ${users} u set ${assignments(users, values)} from caller where ${u.id} = ${caller.userId}
      and (${u.username}, ${u.fullName}) is distinct from (${newUsername}, ${newFullName})
    returning u.*`
}

import type { SQL } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import { violatedUnique } from '../db/errors.ts'
import { run } from '../db/run.ts'
import type { Client } from '../net/client-address.ts'
import { type EventSource, recordEvents } from '../sql/events.ts'
import { type Bucket, reportOnce, spendInTurn } from '../sql/limits.ts'
import { isTooLarge, merged } from '../sql/metadata.ts'
import { assignments, bare, columnsOf, list, type Parts, statement } from '../sql/parts.ts'
import { byCaller, caller, lockCaller } from '../sql/sessions.ts'
import { sql } from '../sql/template.ts'
import { time } from '../sql/time.ts'
import { type User, userFields } from '../sql/users.ts'
import { type Metadata, USERNAME_KEY, users } from './schema.ts'

/** What is omitted stays as it is; `null` removes it. */
export type ProfileChange = {
  username?: string | null
  fullName?: string | null
  /** A merge patch (RFC 7396). */
  userMetadata?: Metadata
}

type Change = ProfileChange & {
  id: number
  sessionId: string
  /** Counts requests for a username; `null` without one. */
  usernameLimit: { name: string; bucket: Bucket } | null
  now: Date
}

export type ProfileChanged =
  | { outcome: 'done'; user: User }
  | { outcome: 'ended' | 'username' | 'too_large' }
  | { outcome: 'limited'; secondsToWait: number | null }

const u = columnsOf(users, 'u')
const before = columnsOf(users, 'before')
const wanted = columnsOf(users, 'wanted')
const current = columnsOf(users, 'current')

type Outcome = 'done' | 'username' | 'too_large' | 'limited'
const outcome = sql<Outcome>`decision.outcome`

/**
 * Changes the profile of the caller, as a whole or not at all. If every value is as before, nothing is
 * written or recorded.
 *
 * As with registering, a username that somebody has is looked for first: the error of the index would
 * roll back what the request has spent. It is left for races.
 */
export async function updateProfile(
  { db, client }: { db: Database; client: Client },
  change: Change,
): Promise<ProfileChanged> {
  const { id: userId, sessionId, now } = change
  const limited = spendUsernameLimit(change)
  const profile = statement(
    {
      caller: lockCaller({ userId, sessionId, now }),
      ...limited.parts,
      // Locked, so that it is read anew: another request may just have changed it while `caller` waited.
      before: sql`
        select u.* from ${users} u join caller on ${u.id} = ${caller.userId} for no key update of u`,
      wanted: sql`select ${list(valuesOf(change))} from before`,
      decision: decide(change, limited.refusals),
      changed: changeRow(now),
      current: sql`
        select * from changed union all
        select * from before where not exists (select from changed)`,
      recorded: recordEvents({ client, now }, [
        { ...byCaller('profile_changed', sql`from caller, changed`), details: detailsOf(change) },
        ...limited.events,
      ]),
    },
    {
      fields: { outcome, secondsToWait: limited.secondsToWait, ...userFields(current) },
      from: sql`from decision, current`,
    },
  )
  try {
    const [row] = await run(db, profile)
    return toProfileChanged(row)
  } catch (error) {
    if (violatedUnique(error) === USERNAME_KEY) return { outcome: 'username' }
    throw error
  }
}

type Answered = User & { outcome: Outcome; secondsToWait: number | null }

function toProfileChanged(row: Answered | undefined): ProfileChanged {
  if (!row) return { outcome: 'ended' }
  const { outcome: result, secondsToWait, ...user } = row
  if (result === 'limited') return { outcome: result, secondsToWait }
  return result === 'done' ? { outcome: result, user } : { outcome: result }
}

type Limited = { parts: Parts; refusals: SQL; events: EventSource[]; secondsToWait: SQL<number | null> }

/** Limits probing. Nothing else that can be changed here shows anything about others. */
function spendUsernameLimit({ username, usernameLimit, now }: Change): Limited {
  if (!usernameLimit) {
    return { parts: {}, refusals: sql``, events: [], secondsToWait: sql`null::double precision` }
  }
  const { parts, passed, refusal } = spendInTurn([usernameLimit.bucket], {
    name: 'bucket',
    from: sql`from asking`,
    now,
  })
  // The caller's own shows nothing about others, and forms send whole profiles.
  const asking = sql`
    select from ${users} u, caller
    where ${u.id} = ${caller.userId} and lower(${u.username}) is distinct from lower(${username ?? null})`
  const isTaken = sql`exists (select from ${users} u, caller
    where lower(${u.username}) = lower(${username ?? null}) and ${u.id} <> ${caller.userId})`
  const details = sql`jsonb_build_object('limit', ${usernameLimit.name}::text)`
  return {
    parts: { asking, ...parts, refused: refusal, reported: reportOnce({ refused: sql`refused`, now }) },
    refusals: sql`
      when exists (select from asking) and not ${passed} then 'limited' when ${isTaken} then 'username'`,
    events: [{ ...byCaller('limited', sql`from caller, reported`), details }],
    secondsToWait: sql`(select wait from refused)`,
  }
}

/** The part `decision`: only the size of what this request writes counts. */
function decide({ userMetadata }: Change, refusals: SQL): SQL {
  const isPatched = sql`${userMetadata !== undefined}::boolean`
  const isGrown = isTooLarge(wanted.userMetadata, { before: before.userMetadata })
  return sql`
    select case ${refusals}
      when ${isPatched} and ${isGrown} then 'too_large'
      else 'done' end as outcome from wanted, before`
}

/** The columns of the part `wanted`: the profile after the change, beside the part `before`. */
function valuesOf({ username, fullName, userMetadata }: Change): SQL[] {
  const value = (given: string | null | undefined, old: SQL) =>
    given === undefined ? old : sql`${given}::text`
  return [
    sql`${value(username, before.username)} as ${bare(users.username)}`,
    sql`${value(fullName, before.fullName)} as ${bare(users.fullName)}`,
    sql`${userMetadata ? merged(before.userMetadata, userMetadata) : before.userMetadata}
      as ${bare(users.userMetadata)}`,
  ]
}

/** The part `changed`: the user after the change, if `decision` lets it happen and any value differs. */
function changeRow(now: Date): SQL {
  const profile = { username: wanted.username, fullName: wanted.fullName, userMetadata: wanted.userMetadata }
  const old = [before.username, before.fullName, before.userMetadata]
  return sql`
    update ${users} u set ${assignments(users, { ...profile, updatedAt: time(now) })}
    from before, wanted, decision where ${u.id} = ${before.id} and ${outcome} = 'done'
      and (${list(old)}) is distinct from (${list(Object.values(profile))})
    returning u.*`
}

/** The names of the members that the request has; never their values. */
function detailsOf({ username, fullName, userMetadata }: ProfileChange): SQL {
  const members = [
    ...(username === undefined ? [] : ['username']),
    ...(fullName === undefined ? [] : ['full_name']),
    ...(userMetadata === undefined ? [] : ['user_metadata']),
  ]
  return sql`jsonb_build_object('members', ${JSON.stringify(members)}::jsonb)`
}

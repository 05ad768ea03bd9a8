import type { SQL } from 'drizzle-orm'
import { violatedUnique } from '../db/errors.ts'
import { runAfter } from '../db/run.ts'
import type { Delivery, Deps } from '../deps.ts'
import { type AdminUser, adminUserFields, type Status } from '../sql/admin-users.ts'
import {
  type ActOnUser,
  ADMINISTRATION_LOCK,
  decideAboutUser,
  eventOfActor,
  isDone,
  isLastAdmin,
  outcome,
  type Refusal,
  subject,
} from '../sql/authority.ts'
import { type EventSource, recordEvents } from '../sql/events.ts'
import { NO_FAILURES } from '../sql/lockout.ts'
import { type MailSource, queueMails } from '../sql/mails.ts'
import { isTooLarge, merged } from '../sql/metadata.ts'
import { DELIVERIES } from '../sql/outbox.ts'
import { assignments, bare, columnsOf, list, type Parts, statement } from '../sql/parts.ts'
import { sql } from '../sql/template.ts'
import { time } from '../sql/time.ts'
import { type Metadata, USERNAME_KEY, users } from '../users/schema.ts'

export type UserChange = ActOnUser & {
  /** `null` removes it. */
  username?: string | null
  /** `null` removes it. */
  fullName?: string | null
  /** A merge patch (RFC 7396). */
  appMetadata?: Metadata
  /** `active` also unlocks the account. */
  status?: Status
  /** Of a disabled account. */
  disabledReason?: string | null
}

export type UserChanged = { user: AdminUser; deliveries: Delivery[] }

type NotChanged = Refusal | 'last_admin' | 'not_disabled' | 'too_large'

const u = columnsOf(users, 'u')
const wanted = columnsOf(users, 'wanted')
const changed = columnsOf(users, 'changed')

/**
 * Changes an account. Disabling raises `auth_version`, so that no session from before is live again when the
 * account is enabled.
 *
 * @returns the account, or why it was not changed; `username`: somebody else has that one
 */
export async function updateUser(
  { db, client, mailing }: Pick<Deps, 'db' | 'client' | 'mailing'>,
  change: UserChange,
): Promise<UserChanged | NotChanged | 'username'> {
  const update = statement(
    {
      ...decideAboutUser(change, { parts: mergeMetadata(change), refusals: refusalsOf(change) }),
      changed: changeRow(change),
      queued: queueMails({ mailing, client, now: change.now }, [DISABLED]),
      recorded: recordEvents({ client, now: change.now }, eventsOf(change)),
    },
    {
      fields: {
        outcome: sql<'done' | NotChanged>`${outcome}`,
        deliveries: DELIVERIES,
        ...adminUserFields(changed),
      },
      from: sql`from decision left join changed on true`,
    },
  )
  try {
    const [row] = await runAfter(db, ADMINISTRATION_LOCK, update)
    if (!row) return 'ended'
    const { outcome: result, deliveries, ...user } = row
    return result === 'done' ? { user, deliveries } : result
  } catch (error) {
    if (violatedUnique(error) === USERNAME_KEY) return 'username'
    throw error
  }
}

/** Tells the owner, once: not if the account was disabled before. */
const DISABLED: MailSource = {
  message: 'account_disabled',
  from: sql`from subject, changed
    where ${subject.disabledAt} is null and ${changed.disabledAt} is not null`,
  user: changed,
  showsClient: false,
}

/** Whether a change disables or enables the account, as conditions. */
function effectsOf({ status }: UserChange): { disables: SQL; enables: SQL } {
  const wanted = sql`${status ?? ''}::text`
  return { disables: sql`${wanted} = 'disabled'`, enables: sql`${wanted} = 'active'` }
}

/** The part `wanted`, beside `subject`: the metadata after the change; only if it changes. */
function mergeMetadata({ appMetadata }: UserChange): Parts {
  if (!appMetadata) return {}
  const after = merged(subject.appMetadata, appMetadata)
  return { wanted: sql`select ${after} as ${bare(users.appMetadata)} from subject` }
}

const isGrown = isTooLarge(wanted.appMetadata, { before: subject.appMetadata })
const isTooLargeRefusal = sql`when (select ${isGrown} from wanted) then 'too_large'`

/** Further branches of the part `decision`. */
function refusalsOf(change: UserChange): SQL {
  const { disables, enables } = effectsOf(change)
  const givesReason = sql`${typeof change.disabledReason === 'string'}::boolean`
  return sql`
    when ${disables} and ${isLastAdmin(subject)} then 'last_admin'
    when ${givesReason} and not ${disables} and (${enables} or ${subject.disabledAt} is null)
      then 'not_disabled'
    ${change.appMetadata ? isTooLargeRefusal : sql``}`
}

/** The part `changed`: the account after the change, if `decision` lets it happen. */
function changeRow(change: UserChange): SQL {
  const { disables, enables } = effectsOf(change)
  const { userId, username, fullName, appMetadata, disabledReason, now } = change
  const given = (value: string | null | undefined, old: SQL) =>
    value === undefined ? old : sql`${value}::text`
  const hasReason = sql`${disabledReason !== undefined}::boolean`
  const shown = {
    username: given(username, u.username),
    fullName: given(fullName, u.fullName),
    appMetadata: appMetadata ? sql`(select ${wanted.appMetadata} from wanted)` : u.appMetadata,
    disabledAt: sql`
      case when ${disables} then coalesce(${u.disabledAt}, ${time(now)})
        when ${enables} then null else ${u.disabledAt} end`,
    disabledReason: sql`
      case when ${enables} then null
        when ${hasReason} then ${disabledReason ?? null} else ${u.disabledReason} end`,
  }
  const before = [u.username, u.fullName, u.appMetadata, u.disabledAt, u.disabledReason]
  const values = {
    ...shown,
    consecutiveFailures: sql`
      case when ${enables} then ${NO_FAILURES.consecutiveFailures} else ${u.consecutiveFailures} end`,
    authVersion: sql`
      ${u.authVersion} + case when ${disables} and ${u.disabledAt} is null then 1 else 0 end`,
    // Of an account that is as before, the time stays: a retry changes nothing.
    updatedAt: sql`
      case when (${list(Object.values(shown))}) is distinct from (${list(before)})
        then ${time(now)} else ${u.updatedAt} end`,
  }
  return sql`
    update ${users} u set ${assignments(users, values)}
    from decision where ${u.id} = ${userId} and ${isDone}
    returning u.*`
}

/** The events of a change, beside the parts `subject` (before) and `changed` (after). */
function eventsOf(change: UserChange): EventSource[] {
  const { enables } = effectsOf(change)
  const names = [
    ...(change.username === undefined ? [] : ['username']),
    ...(change.fullName === undefined ? [] : ['full_name']),
    ...(change.appMetadata === undefined ? [] : ['app_metadata']),
  ]
  const wasDisabled = sql`(${subject.disabledAt} is not null)`
  const isDisabled = sql`(${changed.disabledAt} is not null)`
  const hasOtherReason = sql`${subject.disabledReason} is distinct from ${changed.disabledReason}`
  const hasOtherProfile = sql`(${subject.username}, ${subject.fullName}, ${subject.appMetadata})
    is distinct from (${changed.username}, ${changed.fullName}, ${changed.appMetadata})`
  return [
    eventOfActor('profile_changed', {
      when: sql`changed where ${hasOtherProfile}`,
      details: sql`jsonb_build_object('members', ${JSON.stringify(names)}::jsonb)`,
    }),
    eventOfActor('account_disabled', {
      when: sql`changed where ${isDisabled} and (not ${wasDisabled} or ${hasOtherReason})`,
    }),
    eventOfActor('account_enabled', { when: sql`changed where not ${isDisabled} and ${wasDisabled}` }),
    eventOfActor('account_unlocked', {
      when: sql`changed where ${enables} and ${subject.consecutiveFailures} > 0`,
    }),
  ]
}

import type { SQL } from 'drizzle-orm'
import { violatedUnique } from '../db/errors.ts'
import { runAfter } from '../db/run.ts'
import type { Delivery, Deps } from '../deps.ts'
import { DEFAULT_ROLE, rolePermissions } from '../roles/schema.ts'
import {
  type Actor,
  ADMINISTRATION_LOCK,
  actor,
  isDone,
  lockActor,
  mayNot,
  outcome,
} from '../sql/authority.ts'
import { recordEvents } from '../sql/events.ts'
import { type MailSource, queueMails } from '../sql/mails.ts'
import {
  created,
  createdFields,
  findTaken,
  grantDefaultRole,
  insertVerificationToken,
  verification,
} from '../sql/new-users.ts'
import { DELIVERIES } from '../sql/outbox.ts'
import { bare, columnsOf, insertInto, statement } from '../sql/parts.ts'
import { sql } from '../sql/template.ts'
import { time } from '../sql/time.ts'
import type { User } from '../sql/users.ts'
import { USERNAME_KEY, users } from '../users/schema.ts'

export type NewAccount = {
  actor: Actor
  email: string
  username: string | null
  fullName: string | null
  now: Date
}

type NotCreated = 'ended' | 'forbidden' | 'exceeds' | 'email' | 'username'

export type Created = { user: User; deliveries: Delivery[] }

const INVITATION: MailSource = {
  message: 'invitation',
  from: sql`from created, verification`,
  user: created,
  token: verification,
  showsClient: false,
}

const p = columnsOf(rolePermissions, 'p')

/**
 * Creates an account without a password and with the default role, and stores the mail that invites its
 * owner. Nobody gives a permission that they lack, and the default role may have some: somebody who may only
 * create accounts could otherwise get its permissions by an account for an address of their own.
 *
 * @returns the user, or why there is none
 */
export async function insertAccount(
  deps: Pick<Deps, 'db' | 'client' | 'mailing'>,
  account: NewAccount,
): Promise<Created | NotCreated> {
  try {
    const [row] = await runAfter(deps.db, ADMINISTRATION_LOCK, prepareCreation(deps, account))
    if (!row) return 'ended'
    const { outcome: result, deliveries, ...user } = row
    if (result !== 'done') return result
    // If the address was free when the statement began, somebody took it while it ran.
    return user.id === null ? 'email' : { user, deliveries }
  } catch (error) {
    if (violatedUnique(error) === USERNAME_KEY) return 'username'
    throw error
  }
}

function prepareCreation(
  { client, mailing }: Pick<Deps, 'client' | 'mailing'>,
  { actor: who, now, ...profile }: NewAccount,
) {
  return statement(
    {
      ...lockActor({ ...who, now }),
      taken: findTaken(profile, now),
      decision: decideAboutCreating(who),
      created: createAccount(profile, now),
      granted: grantDefaultRole(),
      verification: insertVerificationToken(now, 'invitation'),
      queued: queueMails({ mailing, client, now }, [INVITATION]),
      recorded: recordEvents({ client, now }, [
        {
          type: 'account_created',
          from: sql`from actor, created`,
          userId: created.id,
          actorId: actor.userId,
          sessionId: actor.sessionId,
        },
      ]),
    },
    {
      fields: {
        outcome: sql<'done' | NotCreated>`${outcome}`,
        deliveries: DELIVERIES,
        ...createdFields(),
      },
      from: sql`from decision left join created on true`,
    },
  )
}

/** The part `decision`, one row with the column `outcome` if `actor` has one; beside `taken`. */
function decideAboutCreating(who: Actor): SQL {
  return sql`
    select case
      when ${mayNot(who)} then 'forbidden'
      when exists (
        select from ${rolePermissions} p
        where ${p.roleName} = ${DEFAULT_ROLE} and not ${p.permission} = any(${actor.permissions})
      ) then 'exceeds'
      when taken.email then 'email'
      when taken.username then 'username'
      else 'done' end as outcome
    from actor, taken`
}

/** The part `created`, beside `decision`. */
function createAccount(profile: Pick<NewAccount, 'email' | 'username' | 'fullName'>, now: Date): SQL {
  const values = { ...profile, createdAt: time(now), updatedAt: time(now) }
  return sql`
    ${insertInto(users, values, { from: sql`from decision where ${isDone}` })}
    on conflict (lower(${bare(users.email)})) do nothing returning *`
}

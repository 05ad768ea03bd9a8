import type { SQL } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import { runAfter } from '../db/run.ts'
import type { Client } from '../net/client-address.ts'
import { ADMIN_ROLE, rolePermissions, roles, userRoles } from '../roles/schema.ts'
import { type AdminUser, adminUserFields } from '../sql/admin-users.ts'
import {
  type ActOnUser,
  ADMINISTRATION_LOCK,
  actor,
  decideAboutUser,
  eventOfActor,
  isDone,
  isLastAdmin,
  outcome,
  type Refusal,
  subject,
} from '../sql/authority.ts'
import { recordEvents } from '../sql/events.ts'
import { assignments, bare, columnsOf, insertInto, statement } from '../sql/parts.ts'
import { sql } from '../sql/template.ts'
import { time } from '../sql/time.ts'
import { users } from '../users/schema.ts'

type RolesChange = ActOnUser & { roles: readonly string[] }
type NotChanged = Refusal | 'last_admin' | 'exceeds'

const u = columnsOf(users, 'u')
const p = columnsOf(rolePermissions, 'p')
const r = columnsOf(userRoles, 'r')
const wanted = columnsOf(roles, 'wanted')
const granted = columnsOf(userRoles, 'granted')
const revoked = columnsOf(userRoles, 'revoked')
const touched = columnsOf(users, 'touched')

/** `subject` after the act: its row as it is once locked, except for what the part `touched` writes. */
const current = {
  ...subject,
  updatedAt: sql<Date>`coalesce((select ${touched.updatedAt} from touched), ${subject.updatedAt})`.mapWith(
    users.updatedAt,
  ),
}

const isWanted = (name: SQL) => sql`${name} in (select ${wanted.name} from wanted)`
const notRoles = sql`
  select ${wanted.name} from wanted where ${wanted.name} not in (select ${roles.name} from ${roles})`

/**
 * Gives a user exactly these roles. Nobody gives a permission that they lack. Nor can they take one away:
 * they can't act on a user who has a permission that they lack.
 *
 * @returns the account, the names that no role has, or why nothing happened
 */
export async function replaceUserRoles(
  { db, client }: { db: Database; client: Client },
  change: RolesChange,
): Promise<AdminUser | { unknownRoles: string[] } | NotChanged> {
  const names = JSON.stringify(change.roles)
  const replacement = statement(
    {
      wanted: sql`select value as ${bare(roles.name)} from jsonb_array_elements_text(${names}::jsonb)`,
      ...decideAboutUser(change, { refusals: refusals() }),
      revoked: revokeOthers(change),
      granted: grantWanted(change),
      changes: changesOfRoles(),
      touched: touchUser(change),
      recorded: recordEvents({ client, now: change.now }, [
        eventOfActor('roles_changed', { when: sql`changes`, details: sql`to_jsonb(changes)` }),
      ]),
    },
    {
      fields: {
        outcome: sql<'done' | NotChanged | 'unknown_roles'>`${outcome}`,
        unknownRoles: sql<string[]>`array(${notRoles})`,
        ...adminUserFields(current, sql`array(select ${wanted.name} from wanted order by 1)`),
      },
      from: sql`from decision left join subject on true`,
    },
  )
  const [row] = await runAfter(db, ADMINISTRATION_LOCK, replacement)
  if (!row) return 'ended'
  const { outcome: result, unknownRoles, ...user } = row
  if (result === 'unknown_roles') return { unknownRoles }
  return result === 'done' ? user : result
}

/** Further branches of the part `decision`, beside `wanted`. */
function refusals(): SQL {
  return sql`
    when exists (${notRoles}) then 'unknown_roles'
    when exists (
      select from ${rolePermissions} p
      where ${isWanted(p.roleName)} and not ${p.permission} = any(${actor.permissions})
    ) then 'exceeds'
    when not ${isWanted(sql`${ADMIN_ROLE}`)} and ${isLastAdmin(subject)} then 'last_admin'`
}

/** The part `revoked`: the roles that the user had and that are not in `wanted`. */
function revokeOthers({ userId }: RolesChange): SQL {
  return sql`
    delete from ${userRoles} r using decision
    where ${r.userId} = ${userId} and ${isDone} and not ${isWanted(r.roleName)}
    returning ${r.roleName}`
}

/** The part `granted`: the roles of `wanted` that the user did not have. */
function grantWanted({ userId }: RolesChange): SQL {
  const from = sql`from wanted, decision where ${isDone}`
  return sql`
    ${insertInto(userRoles, { userId, roleName: wanted.name }, { from })}
    on conflict do nothing returning ${bare(userRoles.roleName)}`
}

/** The part `changes`: a row if any role was granted or revoked. It is the event's `details`. */
function changesOfRoles(): SQL {
  return sql`
    select array(select ${granted.roleName} from granted order by 1) as granted,
      array(select ${revoked.roleName} from revoked order by 1) as revoked
    where exists (select from granted union all select from revoked)`
}

/** The part `touched`: the user, if their roles changed. */
function touchUser({ userId, now }: RolesChange): SQL {
  return sql`
    update ${users} u set ${assignments(users, { updatedAt: time(now) })}
    from changes where ${u.id} = ${userId} returning ${u.updatedAt}`
}

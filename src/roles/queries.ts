import { type SQL, sql } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import type { EventType } from '../features.ts'
import { failuresOf, MAX_CONSECUTIVE_FAILURES } from '../limits/queries.ts'
import type { Client } from '../net/client-address.ts'
import { type Actor, ADMINISTRATION, actingUser, isLastAdmin, mayNot } from '../sql/authority.ts'
import { recordEvents } from '../sql/events.ts'
import { isHeldBySuperior, superiorsAndHolders } from '../sql/role-holders.ts'
import { time } from '../sql/time.ts'
import { ADMIN_ROLE, DEFAULT_ROLE } from './names.ts'

/** Permissions in alphabetical order. */
export type Role = { name: string; description: string; permissions: string[] }

/** By name. */
export async function listRoles(db: Database): Promise<Role[]> {
  const { rows } = await db.execute<Role>(sql`
    select name, description, ${permissionsOfRole(sql`roles.name`)} as permissions from roles order by name`)
  return rows
}

function permissionsOfRole(name: SQL): SQL {
  return sql`array(select p.permission from role_permissions p where p.role_name = ${name} order by 1)`
}

type Acting = { db: Database; client: Client }
type ActOnRole = { actor: Actor; name: string; now: Date }

/** An event about a role; it is about no account. */
function byActor({ client, now }: { client: Client; now: Date }, type: EventType, details: SQL): SQL {
  return recordEvents({ client, now }, [
    {
      ...{
        type,
        details,
        from: sql`from actor, decision where decision.outcome in ('created', 'replaced', 'deleted')`,
      },
      ...{ actorId: sql`actor.user_id`, sessionId: sql`actor.session_id` },
    },
  ])
}

export type RoleWritten = 'created' | 'replaced' | 'exists' | 'exceeds' | 'outranked' | 'ended' | 'forbidden'

/**
 * Creates a role or replaces what it permits, for everybody who has it. The actor must hold all that it permits before
 * and after, and whatever any holder may do: a role is a handle on its holders, and its text tells others what they are.
 *
 * @param role.isNew whether one of that name is left as it is
 */
export async function writeRole(
  { db, client }: Acting,
  { actor, name, now, description, permissions, isNew }: ActOnRole & Omit<Role, 'name'> & { isNew: boolean },
): Promise<RoleWritten> {
  const { rows } = await db.execute<{ outcome: RoleWritten }>(
    sql`
    with ${actingUser({ ...actor, now })}, wanted as (
      select value as permission from jsonb_array_elements_text(${JSON.stringify(permissions)}::jsonb)
    ), present as (
      select permission from role_permissions where role_name = ${name}
    ), touched as (
      select permission from wanted union select permission from present
    ), ${superiorsAndHolders(name)}, decision as (
      select case
        when ${mayNot(actor)} then 'forbidden'
        when ${isNew}::boolean and exists (select from roles where name = ${name}) then 'exists'
        when exists (select from touched where not permission = any(actor.permissions)) then 'exceeds'
        when ${isHeldBySuperior(name)} then 'outranked'
        when exists (select from roles where name = ${name}) then 'replaced'
        else 'created' end as outcome
      from actor
    ), written as (
      insert into roles (name, description)
      select ${name}, ${description} from decision where outcome in ('created', 'replaced')
      on conflict (name) do update set description = excluded.description
      returning name
    ), taken as (
      delete from role_permissions p using written
      where p.role_name = written.name and p.permission not in (select permission from wanted)
    ), given as (
      insert into role_permissions (role_name, permission) select written.name, wanted.permission from written, wanted
      on conflict do nothing
    ), recorded as (
      ${byActor({ client, now }, 'role_changed', sql`jsonb_build_object('role', ${name}::text, 'permissions', ${JSON.stringify(permissions)}::jsonb)`)}
    )
    select outcome from decision`,
    { after: ADMINISTRATION },
  )
  return rows[0]?.outcome ?? 'ended'
}

export type RoleDeleted = 'deleted' | 'built_in' | 'in_use' | 'not_found' | 'exceeds' | 'ended' | 'forbidden'

/** Deletes a role that nobody has. */
export async function deleteRole(
  { db, client }: Acting,
  { actor, name, now }: ActOnRole,
): Promise<RoleDeleted> {
  const { rows } = await db.execute<{ outcome: RoleDeleted }>(
    sql`
    with ${actingUser({ ...actor, now })}, decision as (
      select case
        when ${mayNot(actor)} then 'forbidden'
        when not exists (select from roles where name = ${name}) then 'not_found'
        when ${name} in (${ADMIN_ROLE}, ${DEFAULT_ROLE}) then 'built_in'
        when exists (select from user_roles where role_name = ${name}) then 'in_use'
        when not ${permissionsOfRole(sql`${name}`)} <@ actor.permissions then 'exceeds'
        else 'deleted' end as outcome
      from actor
    ), gone as (
      delete from roles using decision where name = ${name} and outcome = 'deleted'
    ), recorded as (
      ${byActor({ client, now }, 'role_deleted', sql`jsonb_build_object('role', ${name}::text)`)}
    )
    select outcome from decision`,
    { after: ADMINISTRATION },
  )
  return rows[0]?.outcome ?? 'ended'
}

/** What somebody has after a role was given or taken. */
export type Granted = {
  userId: number
  roles: string[]
  isChanged: boolean
  /** False: they are disabled or locked. */
  canSignIn: boolean
}

type GrantedRow = Omit<Granted, 'userId'> & { userId: number | null; hasRole: boolean; isLast: boolean }

/** Gives an account a role or takes it away, without an actor: for whoever operates the database. */
export async function setRole(
  { db, client }: Acting,
  { email, role, isGranted, now }: { email: string; role: string; isGranted: boolean; now: Date },
): Promise<Granted | 'no_account' | 'no_role' | 'last_admin'> {
  const grants = sql`${isGranted}::boolean`
  const { rows } = await db.execute<GrantedRow>(
    sql`
    with subject as (
      select u.* from users u where lower(u.email) = ${email} for no key update
    ), decision as (
      select exists (select from roles where name = ${role}) as has_role,
        not ${grants} and ${role} = ${ADMIN_ROLE} and exists (select from subject where ${isLastAdmin(sql`subject`)}) as is_last
    ), granted as (
      insert into user_roles (user_id, role_name) select subject.id, ${role} from subject, decision
      where ${grants} and has_role on conflict do nothing returning role_name
    ), revoked as (
      delete from user_roles r using subject, decision
      where r.user_id = subject.id and r.role_name = ${role} and not ${grants} and not is_last returning r.role_name
    ), changes as (
      select array(select role_name from granted) as granted, array(select role_name from revoked) as revoked
      where exists (select from granted union all select from revoked)
    ), touched as (
      update users u set updated_at = ${time(now)} from subject, changes where u.id = subject.id
    ), recorded as (
      ${recordEvents({ client, now }, [
        {
          type: 'roles_changed',
          from: sql`from subject, changes`,
          userId: sql`subject.id`,
          details: sql`to_jsonb(changes)`,
        },
      ])}
    )
    select subject.id as "userId", has_role as "hasRole", is_last as "isLast", exists (select from changes) as "isChanged",
      subject.disabled_at is null and ${failuresOf(sql`subject`, now)} < ${MAX_CONSECUTIVE_FAILURES} as "canSignIn",
      array(
        select role_name from user_roles where user_id = subject.id and role_name not in (select role_name from revoked)
        union select role_name from granted order by 1
      ) as roles
    from decision left join subject on true`,
    { after: ADMINISTRATION },
  )
  const [row] = rows
  if (!row || row.userId === null) return 'no_account'
  if (!row.hasRole) return 'no_role'
  if (row.isLast) return 'last_admin'
  const { userId, roles, isChanged, canSignIn } = row
  return { userId, roles, isChanged, canSignIn }
}

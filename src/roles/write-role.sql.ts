import type { SQL } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import { runAfter } from '../db/run.ts'
import type { Client } from '../net/client-address.ts'
import { type Actor, ADMINISTRATION_LOCK, actor, lockActor, mayNot, outcome } from '../sql/authority.ts'
import { recordEvents } from '../sql/events.ts'
import {
  assignments,
  bare,
  columnsOf,
  insertInto,
  materialized,
  type Parts,
  statement,
} from '../sql/parts.ts'
import { sql } from '../sql/template.ts'
import type { Role } from './queries.ts'
import { rolePermissions, roles, userRoles } from './schema.ts'

export type RoleWritten = 'created' | 'replaced' | 'exists' | 'exceeds' | 'outranked' | 'ended' | 'forbidden'

type RoleWriting = Role & {
  actor: Actor
  /** Whether an existing role of that name is left as it is. */
  isNew: boolean
  now: Date
}

const p = columnsOf(rolePermissions, 'p')
const written = columnsOf(roles, 'written')
const wanted = columnsOf(rolePermissions, 'wanted')
const present = columnsOf(rolePermissions, 'present')
const touched = columnsOf(rolePermissions, 'touched')
const permission = bare(rolePermissions.permission)

const isWritten = sql`${outcome} in ('created', 'replaced')`

/**
 * Creates a role or replaces its permissions, for everybody who has it. The actor must hold all of its
 * permissions before and after, and every permission of its holders: writing a role changes its holders'
 * rights, and its description tells others who they are.
 */
export async function upsertRole(
  { db, client }: { db: Database; client: Client },
  role: RoleWriting,
): Promise<RoleWritten> {
  const { actor: who, name, now } = role
  const permissions = sql`${JSON.stringify(role.permissions)}::jsonb`
  const writing = statement(
    {
      ...lockActor({ ...who, now }),
      wanted: sql`select value as ${permission} from jsonb_array_elements_text(${permissions})`,
      present: sql`select ${p.permission} from ${rolePermissions} p where ${p.roleName} = ${name}`,
      touched: sql`select ${wanted.permission} from wanted union select ${present.permission} from present`,
      ...superiorsAndHolders(name),
      decision: decideAboutWriting(role),
      written: writeRoleRow(role),
      taken: takePermissions(),
      given: givePermissions(),
      recorded: recordEvents({ client, now }, [
        {
          type: 'role_changed',
          from: sql`from actor, decision where ${isWritten}`,
          actorId: actor.userId,
          sessionId: actor.sessionId,
          details: sql`jsonb_build_object('role', ${name}::text, 'permissions', ${permissions})`,
        },
      ]),
    },
    { fields: { outcome: sql<RoleWritten>`${outcome}` }, from: sql`from decision` },
  )
  const [row] = await runAfter(db, ADMINISTRATION_LOCK, writing)
  return row?.outcome ?? 'ended'
}

/**
 * The part `decision`, one row with the column `outcome` if `actor` has one; beside `touched`, the
 * permissions before and after, and the parts of `superiorsAndHolders`.
 */
function decideAboutWriting({ actor: who, name, isNew }: RoleWriting): SQL {
  const isThere = sql`exists (select from ${roles} where ${roles.name} = ${name})`
  return sql`
    select case
      when ${mayNot(who)} then 'forbidden'
      when ${isNew}::boolean and ${isThere} then 'exists'
      when exists (
        select from touched where not ${touched.permission} = any(${actor.permissions})
      ) then 'exceeds'
      when ${isHeldBySuperior(name)} then 'outranked'
      when ${isThere} then 'replaced'
      else 'created' end as outcome
    from actor`
}

/** The part `written`: the role's name, if `decision` lets it be written. */
function writeRoleRow({ name, description }: RoleWriting): SQL {
  const replaced = { description: sql`excluded.${bare(roles.description)}` }
  return sql`
    ${insertInto(roles, { name, description }, { from: sql`from decision where ${isWritten}` })}
    on conflict (${bare(roles.name)}) do update set ${assignments(roles, replaced)}
    returning ${bare(roles.name)}`
}

/** The part `taken`: takes the permissions from the role of `written` that are not in `wanted`. */
function takePermissions(): SQL {
  return sql`
    delete from ${rolePermissions} p using written
    where ${p.roleName} = ${written.name}
      and ${p.permission} not in (select ${wanted.permission} from wanted)`
}

/** The part `given`: gives the role of `written` those permissions of `wanted` that it lacks. */
function givePermissions(): SQL {
  const given = { roleName: written.name, permission: wanted.permission }
  const insertion = insertInto(rolePermissions, given, { from: sql`from written, wanted` })
  return sql`${insertion} on conflict do nothing`
}

/**
 * The most holders that one decision looks at. Each costs a probe of an index: 10,000 take up to 40 ms,
 * during which every other act of administration waits for the lock.
 */
const MAX_HOLDERS = 10_000

const r = columnsOf(userRoles, 'r')
const higher = columnsOf(rolePermissions, 'higher')
const theirs = columnsOf(userRoles, 'theirs')
const superiors = columnsOf(userRoles, 'superiors')
const holders = columnsOf(userRoles, 'holders')

function holdersOf(role: SQL): SQL {
  // In the order of the index: otherwise the planner reads the whole table for its first rows.
  return sql`
    select ${r.userId} from ${userRoles} r where ${r.roleName} = ${role}
    order by ${r.userId} limit ${MAX_HOLDERS + 1}::integer`
}

/**
 * The parts `higher` (roles with a permission that the part `actor` lacks), `superiors` (users who have one
 * of those) and `holders` (users who have the role). The last two have one row more than `MAX_HOLDERS` at
 * most, which tells that there are too many. PostgreSQL computes each only when it is read: an actor with
 * every permission has no higher role, and then no user is looked at.
 */
function superiorsAndHolders(role: string): Parts {
  return {
    higher: materialized(sql`
      select distinct ${p.roleName} from actor
      join ${rolePermissions} p on not ${p.permission} = any(${actor.permissions})`),
    superiors: materialized(sql`
      select ${theirs.userId} from higher cross join lateral (${holdersOf(higher.roleName)}) as theirs
      limit ${MAX_HOLDERS + 1}::integer`),
    holders: materialized(holdersOf(sql`${role}::text`)),
  }
}

/**
 * Whether a holder of the role has a permission that the actor lacks, beside the parts of
 * `superiorsAndHolders`. It probes whichever are few, the superiors or the holders. If both are too many, the
 * answer is yes: then only an actor with every permission can write the role.
 *
 * Each probe is a subquery for one value, which the planner can't turn into a join that reads all holders.
 */
function isHeldBySuperior(role: string): SQL {
  const has = (userId: SQL, roleName: SQL) =>
    sql`(select true from ${userRoles} r where ${r.userId} = ${userId} and ${r.roleName} = ${roleName})`
  const areMany = (part: SQL) => sql`(select count(*) > ${MAX_HOLDERS}::integer from ${part})`
  return sql`(exists (select from holders) and (
      exists (select from superiors where ${has(superiors.userId, sql`${role}::text`)})
      or ${areMany(sql`superiors`)} and (
        ${areMany(sql`holders`)}
        or exists (select from holders cross join higher where ${has(holders.userId, higher.roleName)})
      )))`
}

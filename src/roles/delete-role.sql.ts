import type { SQL } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import { runAfter } from '../db/run.ts'
import type { Client } from '../net/client-address.ts'
import { type Actor, ADMINISTRATION_LOCK, actor, lockActor, mayNot, outcome } from '../sql/authority.ts'
import { recordEvents } from '../sql/events.ts'
import { statement } from '../sql/parts.ts'
import { sql } from '../sql/template.ts'
import { permissionsOfRole } from './queries.ts'
import { ADMIN_ROLE, DEFAULT_ROLE, roles, userRoles } from './schema.ts'

export type RoleDeleted = 'deleted' | 'built_in' | 'in_use' | 'not_found' | 'exceeds' | 'ended' | 'forbidden'

type RoleDeletion = { actor: Actor; name: string; now: Date }

const isDeleted = sql`${outcome} = 'deleted'`

/** Deletes a role that nobody has. */
export async function deleteUnusedRole(
  { db, client }: { db: Database; client: Client },
  { actor: who, name, now }: RoleDeletion,
): Promise<RoleDeleted> {
  const deletion = statement(
    {
      ...lockActor({ ...who, now }),
      decision: decideAboutDeletion(who, name),
      deleted: sql`delete from ${roles} using decision where ${roles.name} = ${name} and ${isDeleted}`,
      recorded: recordEvents({ client, now }, [
        {
          type: 'role_deleted',
          from: sql`from actor, decision where ${isDeleted}`,
          actorId: actor.userId,
          sessionId: actor.sessionId,
          details: sql`jsonb_build_object('role', ${name}::text)`,
        },
      ]),
    },
    { fields: { outcome: sql<RoleDeleted>`${outcome}` }, from: sql`from decision` },
  )
  const [row] = await runAfter(db, ADMINISTRATION_LOCK, deletion)
  return row?.outcome ?? 'ended'
}

/** The part `decision`, one row with the column `outcome` if `actor` has one. */
function decideAboutDeletion(who: Actor, name: string): SQL {
  return sql`
    select case
      when ${mayNot(who)} then 'forbidden'
      when not exists (select from ${roles} where ${roles.name} = ${name}) then 'not_found'
      when ${name} in (${ADMIN_ROLE}, ${DEFAULT_ROLE}) then 'built_in'
      when exists (select from ${userRoles} where ${userRoles.roleName} = ${name}) then 'in_use'
      when not ${permissionsOfRole(sql`${name}`)} <@ ${actor.permissions} then 'exceeds'
      else 'deleted' end as outcome
    from actor`
}

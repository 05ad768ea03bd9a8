import type { SQL } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import { runAfter } from '../db/run.ts'
import type { Client } from '../net/client-address.ts'
import { ADMINISTRATION_LOCK, isLastAdmin, subject } from '../sql/authority.ts'
import { recordEvents } from '../sql/events.ts'
import { isUnlocked } from '../sql/lockout.ts'
import { assignments, bare, columnsOf, insertInto, nullable, statement } from '../sql/parts.ts'
import { sql } from '../sql/template.ts'
import { time } from '../sql/time.ts'
import { users } from '../users/schema.ts'
import { ADMIN_ROLE, roles, userRoles } from './schema.ts'

/** An account after a role was granted or revoked. */
export type Granted = {
  userId: number
  roles: string[]
  isChanged: boolean
  /** False: the account is disabled or locked. */
  canSignIn: boolean
}

type Grant = { email: string; role: string; isGranted: boolean; now: Date }

const u = columnsOf(users, 'u')
const r = columnsOf(userRoles, 'r')
const granted = columnsOf(userRoles, 'granted')
const revoked = columnsOf(userRoles, 'revoked')

/** Gives an account a role or takes it away, without an actor: for an operator of the database. */
export async function setUserRole(
  { db, client }: { db: Database; client: Client },
  grant: Grant,
): Promise<Granted | 'no_account' | 'no_role' | 'last_admin'> {
  const { email, now } = grant
  const setting = statement(
    {
      subject: sql`select u.* from ${users} u where lower(${u.email}) = ${email} for no key update`,
      decision: decideAboutGrant(grant),
      granted: insertGranted(grant),
      revoked: deleteRevoked(grant),
      changes: sql`
        select array(select ${granted.roleName} from granted) as granted,
          array(select ${revoked.roleName} from revoked) as revoked
        where exists (select from granted union all select from revoked)`,
      touched: sql`
        update ${users} u set ${assignments(users, { updatedAt: time(now) })}
        from subject, changes where ${u.id} = ${subject.id}`,
      recorded: recordEvents({ client, now }, [
        {
          type: 'roles_changed',
          from: sql`from subject, changes`,
          userId: subject.id,
          details: sql`to_jsonb(changes)`,
        },
      ]),
    },
    { fields: grantedFields(now), from: sql`from decision left join subject on true` },
  )
  const [row] = await runAfter(db, ADMINISTRATION_LOCK, setting)
  if (!row || row.userId === null) return 'no_account'
  if (!row.hasRole) return 'no_role'
  if (row.isLast) return 'last_admin'
  const { userId, roles, isChanged, canSignIn } = row
  return { userId, roles, isChanged, canSignIn }
}

/** The part `decision`: whether the role exists, and whether revoking it would leave no administrator. */
function decideAboutGrant({ role, isGranted }: Grant): SQL {
  return sql`
    select exists (select from ${roles} where ${roles.name} = ${role}) as has_role,
      not ${isGranted}::boolean and ${role} = ${ADMIN_ROLE}
        and exists (select from subject where ${isLastAdmin(subject)}) as is_last`
}

/** The part `granted`: the role, if it is to be given, exists, and `subject` lacks it. */
function insertGranted({ role, isGranted }: Grant): SQL {
  const from = sql`from subject, decision where ${isGranted}::boolean and decision.has_role`
  return sql`
    ${insertInto(userRoles, { userId: subject.id, roleName: role }, { from })}
    on conflict do nothing returning ${bare(userRoles.roleName)}`
}

/**
 * The part `revoked`: the role, if it is to be taken away, `subject` has it and is not the last
 * administrator.
 */
function deleteRevoked({ role, isGranted }: Grant): SQL {
  return sql`
    delete from ${userRoles} r using subject, decision
    where ${r.userId} = ${subject.id} and ${r.roleName} = ${role}
      and not ${isGranted}::boolean and not decision.is_last
    returning ${r.roleName}`
}

/** The roles are computed: the statement does not see the rows that it writes itself. */
function grantedFields(now: Date) {
  return {
    ...nullable({ userId: subject.id }),
    hasRole: sql<boolean>`decision.has_role`,
    isLast: sql<boolean>`decision.is_last`,
    isChanged: sql<boolean>`exists (select from changes)`,
    canSignIn: sql<boolean>`${subject.disabledAt} is null and ${isUnlocked(subject, now)}`,
    roles: sql<string[]>`array(
      select ${r.roleName} from ${userRoles} r where ${r.userId} = ${subject.id}
        and ${r.roleName} not in (select ${revoked.roleName} from revoked)
      union select ${granted.roleName} from granted order by 1
    )`,
  }
}

import { runAfter } from '../db/run.ts'
import type { Deps } from '../deps.ts'
import { DEFAULT_ROLE, userRoles } from '../roles/schema.ts'
import { ADMINISTRATION_LOCK } from '../sql/authority.ts'
import { recordEvents } from '../sql/events.ts'
import { lockToken, ofToken, token } from '../sql/one-time-tokens.ts'
import { columnsOf, statement } from '../sql/parts.ts'
import { sql } from '../sql/template.ts'
import { users } from '../users/schema.ts'

const u = columnsOf(users, 'u')
const held = columnsOf(userRoles, 'held')
const deleted = columnsOf(users, 'deleted')

/**
 * Deletes the account of a verification token if its address was never verified. One with a role beside the
 * default one stays: it could be the last administrator's. The lock keeps that from changing meanwhile.
 *
 * @returns whether it was deleted
 */
export async function deleteUnverified(
  { db, client }: Pick<Deps, 'db' | 'client'>,
  { id, now }: { id: string; now: Date },
): Promise<boolean> {
  const { token: t, user } = ofToken
  const isUnproven = sql`lower(${user.email}) = lower(${t.email}) and ${user.emailVerifiedAt} is null
    and not exists (
      select from ${userRoles} held
      where ${held.userId} = ${user.id} and ${held.roleName} <> ${DEFAULT_ROLE}
    )`
  const rejection = statement(
    {
      token: lockToken(
        { id, purpose: 'email_verification', now },
        // A stranger who asks for another mail must not end the owner's way to object.
        { when: isUnproven, isReplaceable: false },
      ),
      deleted: sql`delete from ${users} u using token where ${u.id} = ${token.userId} returning u.*`,
      recorded: recordEvents({ client, now }, [
        { type: 'registration_rejected', from: sql`from deleted`, userId: deleted.id },
      ]),
    },
    { fields: { id: deleted.id }, from: sql`from deleted` },
  )
  const rows = await runAfter(db, ADMINISTRATION_LOCK, rejection)
  return rows.length > 0
}

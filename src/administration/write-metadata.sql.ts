import type { Database } from '../db/client.ts'
import { run } from '../db/run.ts'
import type { Client } from '../net/client-address.ts'
import { subject } from '../sql/authority.ts'
import { recordEvents } from '../sql/events.ts'
import { isTooLarge, merged } from '../sql/metadata.ts'
import { assignments, bare, columnsOf, statement } from '../sql/parts.ts'
import { sql } from '../sql/template.ts'
import { time } from '../sql/time.ts'
import { type Metadata, users } from '../users/schema.ts'

type Patching = { email: string; patch: Metadata; now: Date }

const u = columnsOf(users, 'u')
const wanted = columnsOf(users, 'wanted')

/**
 * Merges a patch into the `app_metadata` of an account, without an actor.
 *
 * @returns the metadata after the change, which did not happen if it is too large; `null` if no account has
 *   the address
 */
export async function patchAppMetadata(
  { db, client }: { db: Database; client: Client },
  { email, patch, now }: Patching,
): Promise<{ userId: number; appMetadata: Metadata; isTooLarge: boolean; isChanged: boolean } | null> {
  const isRefused = isTooLarge(wanted.appMetadata, { before: subject.appMetadata })
  const values = { appMetadata: wanted.appMetadata, updatedAt: time(now) }
  const patching = statement(
    {
      subject: sql`select u.* from ${users} u where lower(${u.email}) = ${email} for no key update`,
      wanted: sql`select ${merged(subject.appMetadata, patch)} as ${bare(users.appMetadata)} from subject`,
      changed: sql`
        update ${users} u set ${assignments(users, values)} from subject, wanted
        where ${u.id} = ${subject.id} and not ${isRefused}
          and ${subject.appMetadata} is distinct from ${wanted.appMetadata}
        returning ${u.id}`,
      recorded: recordEvents({ client, now }, [
        {
          type: 'profile_changed',
          from: sql`from subject, changed`,
          userId: subject.id,
          details: sql`'{"members":["app_metadata"]}'`,
        },
      ]),
    },
    {
      fields: {
        userId: subject.id,
        appMetadata: wanted.appMetadata,
        isTooLarge: isRefused,
        isChanged: sql<boolean>`exists (select from changed)`,
      },
      from: sql`from subject, wanted`,
    },
  )
  const [row] = await run(db, patching)
  return row ?? null
}

import { escapeIdentifier, type Pool } from 'pg'
import { statementDeadline } from '../src/db/client.ts'

/**
 * Sets the `statement_timeout` of a role in this database, so that PostgreSQL ends a statement before the
 * application gives up on it. If the role has a shorter one already, that stays. New connections have it.
 *
 * @param role the role of the application; omitted: the role of this connection
 * @returns the role and its timeout in milliseconds
 * @throws the error of PostgreSQL, if the connection's role may not set it
 * @see docs/decisions/015-deadlines.md
 */
export async function setStatementTimeout(
  pool: Pool,
  { timeoutMilliseconds, role }: { timeoutMilliseconds: number; role?: string | undefined },
): Promise<{ role: string; milliseconds: number }> {
  const { rows } = await pool.query<{ role: string; database: string }>(
    'select coalesce($1, current_user)::text as role, current_database() as database',
    [role ?? null],
  )
  const [who] = rows
  if (!who) throw new Error('The database does not say who is connected')
  const wanted = statementDeadline(timeoutMilliseconds)
  const present = await findTimeout(pool, who)
  if (present > 0 && present <= wanted) return { role: who.role, milliseconds: present }
  const [name, database] = [escapeIdentifier(who.role), escapeIdentifier(who.database)]
  await pool.query(`alter role ${name} in database ${database} set statement_timeout = '${wanted}ms'`)
  return { role: who.role, milliseconds: wanted }
}

/** The timeout in milliseconds that is set for the role, in this database or in all; 0: none. */
async function findTimeout(
  pool: Pool,
  { role, database }: { role: string; database: string },
): Promise<number> {
  const { rows } = await pool.query<{ milliseconds: number | string }>(
    `select case when split_part(setting, '=', 2) ~ '^[0-9]+$' then split_part(setting, '=', 2)::numeric
       else extract(epoch from split_part(setting, '=', 2)::interval) * 1000 end as milliseconds
     from pg_db_role_setting s cross join unnest(s.setconfig) as setting
     where s.setrole = (select oid from pg_roles where rolname = $1)
       and s.setdatabase in (0, (select oid from pg_database where datname = $2))
       and setting like 'statement\\_timeout=%'
     order by s.setdatabase desc limit 1`,
    [role, database],
  )
  return Number(rows[0]?.milliseconds ?? 0)
}

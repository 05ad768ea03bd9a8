import { type SQL, sql } from 'drizzle-orm'

/**
 * How many holders one decision looks at: each costs a probe of an index, so 10,000 of them take up to 40 ms, for which
 * all of administration waits in line.
 */
const MAX_HOLDERS = 10_000

const holdersOf = (role: SQL) =>
  // In the order of the index, or the planner would rather read the whole table for its first entries.
  sql`select user_id from user_roles where role_name = ${role} order by user_id limit ${MAX_HOLDERS + 1}::integer`

/**
 * The CTEs `higher` (roles that permit what the actor may not), `superiors` (who has one of those) and `holders` (who
 * has the role), beside `actor`; of either no more than are looked at, and one. None is read before it is asked for:
 * for an actor who holds every permission there is no higher role and nobody is looked at.
 */
export function superiorsAndHolders(role: string): SQL {
  return sql`higher as materialized (
      select distinct p.role_name from actor join role_permissions p on not p.permission = any(actor.permissions)
    ), superiors as materialized (
      select theirs.user_id from higher cross join lateral (${holdersOf(sql`higher.role_name`)}) as theirs
      limit ${MAX_HOLDERS + 1}::integer
    ), holders as materialized (${holdersOf(sql`${role}::text`)})`
}

/**
 * Whether somebody who has the role may do what the actor may not, beside the CTEs of `superiorsAndHolders`. It is
 * asked of whichever are few, the superiors or the holders. Where both are more than are looked at, it counts as true:
 * then only an actor whom nobody outranks may change the role.
 *
 * Each probe is a subquery for one value, which the planner can't turn into a join that reads all holders.
 */
export function isHeldBySuperior(role: string): SQL {
  const has = (who: SQL, roleName: SQL) =>
    sql`(select true from user_roles r where r.user_id = ${who}.user_id and r.role_name = ${roleName})`
  const areMany = (cte: SQL) => sql`(select count(*) > ${MAX_HOLDERS}::integer from ${cte})`
  return sql`(exists (select from holders) and (
      exists (select from superiors where ${has(sql`superiors`, sql`${role}::text`)})
      or ${areMany(sql`superiors`)} and (
        ${areMany(sql`holders`)}
        or exists (select from holders cross join higher where ${has(sql`holders`, sql`higher.role_name`)})
      )))`
}

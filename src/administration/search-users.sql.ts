import { type SQL, sql } from 'drizzle-orm'
import { accountStatus, searchKeys } from '../users/schema.ts'

export type UserFilter = { query: string | null; role: string | null; status: 'active' | 'disabled' | null }

/** Where a page ends: at a user, and for a search at the key that matched. */
export type UserPosition = { id: number; key: string | null }

type Page = UserFilter & {
  /** `null`: from the beginning. */
  after: UserPosition | null
  limit: number
}

/** Of the row `u` of a user. */
const KEYS = Object.values(
  searchKeys({ username: sql`u.username`, email: sql`u.email`, fullName: sql`u.full_name` }),
)

/**
 * How many entries are looked at for one page, which takes a tenth of a second at most. Without a filter, a page needs
 * a few hundred; with one that few of very many accounts fit, it can come out short and yet not be the last.
 */
const MAX_ENTRIES = 10_000

/**
 * The users of one page, as a subquery with `id`, `key`, `shown` and `is_end`. The last row is an `is_end`, be it `shown`
 * or not, if no more entries are looked at for one page: the next one goes on there.
 */
export function pageOfUsers({ query, after, limit, ...filter }: Page): SQL {
  if (query === null) {
    return sql`select id, null::text collate "C" as key, true as shown, false as is_end
      from (${accounts(filter, after?.id ?? 0)} limit ${limit}) as listed`
  }
  const search = { query, after, limit }
  if (filter.role === null && filter.status === null) return searchAll({ ...search, fits: sql`true` })
  return sql`
    with few as materialized (${fewAccounts(filter)}), are_few as materialized (
      select count(*) <= ${MAX_ENTRIES} as yes from few
    )
    (${searchFew({ ...search, fits: isAccount(filter) })} and (select yes from are_few) order by 2, 1 limit ${limit})
    union all
    (select * from (${searchAll({ ...search, fits: isAccount(filter) })}) as found where not (select yes from are_few))`
}

type Filter = Omit<UserFilter, 'query'>

/**
 * Accounts by id, as a subquery with `id`. Role and status alone are ranges of one value: by `=`, the planner would take
 * the order of ids from another index and expect what fits everywhere in it, even if it all is at the end. Both together
 * are merged in that order, from where the later of the two begins.
 */
function accounts({ role, status }: Filter, after: number): SQL {
  const key = accountStatus(sql`u.disabled_at`)
  if (role !== null && status !== null) {
    const first = (filter: Filter) => sql`(${accounts(filter, after)} limit 1)`
    const start = sql`(
      select greatest(holder.id, other.id)
      from ${first({ role, status: null })} as holder, ${first({ role: null, status })} as other
    )`
    return sql`select u.id from users u join user_roles r on r.user_id = u.id
      where r.role_name = ${role} and r.user_id >= ${start} and ${key} = ${status} and u.id >= ${start} order by u.id`
  }
  if (role !== null) {
    return sql`select r.user_id as id from user_roles r
      where r.role_name between ${role} and ${role} and r.user_id > ${after} order by r.role_name, r.user_id`
  }
  if (status !== null) {
    return sql`select u.id from users u
      where ${key} between ${status} and ${status} and u.id > ${after} order by ${key}, u.id`
  }
  return sql`select u.id from users u where u.id > ${after} order by u.id`
}

/** A filter as a condition of the row `u`; an array, so that no plan reads everybody who has the role for it. */
function isAccount({ role, status }: Filter): SQL {
  const hasRole = sql`${role}::text = any(array(select r.role_name from user_roles r where r.user_id = u.id))`
  const hasStatus = sql`${accountStatus(sql`u.disabled_at`)} = ${status}`
  return sql`${status === null ? sql`true` : hasStatus} and ${role === null ? sql`true` : hasRole}`
}

/** Those who have the role, or if they are too many, the status: one more than are looked at for one page. */
function fewAccounts({ role, status }: Filter): SQL {
  const some = (filter: Filter) =>
    sql`(select id from (${accounts(filter, 0)} limit ${MAX_ENTRIES + 1}::integer) as first_ones)`
  if (role === null || status === null) return some({ role, status })
  return sql`
    with holders as materialized ${some({ role, status: null })}, are_many as materialized (
      select count(*) > ${MAX_ENTRIES} as yes from holders
    )
    select id from holders where not (select yes from are_many)
    union all select id from ${some({ role: null, status })} as others where (select yes from are_many)`
}

type Search = {
  query: string
  after: UserPosition | null
  limit: number
  /** A further condition of the row `u`. */
  fits: SQL
}

/** Compares each of a few users; as an array, so that no plan joins them to everybody. */
function searchFew({ query, after, fits }: Search): SQL {
  const key = firstKey(query)
  return sql`
    select u.id, ${key} as key, true as shown, false as is_end from users u
    where u.id = any(array(select id from few)) and ${key} is not null and ${fits}
      ${isBehind(after, key)}`
}

/**
 * Merges the entries of the indexes that begin with the text, in their order and no further than the page needs, so
 * that a text that a million accounts begin with costs what any other does. A user has several entries, and is shown
 * for the first one.
 */
function searchAll({ query, after, limit, fits }: Search): SQL {
  const streams = KEYS.map((key, index) => {
    // Two of a user's keys can be the same text: then it is the earlier index's.
    const earlier = KEYS.slice(0, index).map((other) => sql`and ${other} is distinct from ${key}`)
    return sql`
      (select u.id, ${key} as key, ${index}::integer as key_number,
        ${key} = ${firstKey(query)} ${sql.join(earlier)} and ${fits} as shown
      from users u where ${begins(query, key)} ${isBehind(after, key)}
      order by ${key}, u.id limit ${MAX_ENTRIES}::integer)`
  })
  return sql`
    select id, key, shown, entry_number = ${MAX_ENTRIES} as is_end from (
      select *, row_number() over (order by key, id, key_number) as entry_number
      from (${sql.join(streams, sql` union all `)}) as entries
    ) as numbered
    where entry_number <= ${MAX_ENTRIES} and (shown or entry_number = ${MAX_ENTRIES})
    order by key, id, key_number limit ${limit}`
}

function isBehind(after: UserPosition | null, key: SQL): SQL {
  return after ? sql`and (${key}, u.id) > (${after.key}::text, ${after.id}::integer)` : sql``
}

/** The least of the keys of the row `u` that begin with a text; null where none does. */
function firstKey(query: string): SQL {
  const matches = KEYS.map((key) => sql`case when ${begins(query, key)} then ${key} end`)
  return sql`least(${sql.join(matches, sql`, `)})`
}

/** Nothing that begins with a text follows it with a greater character than the greatest. */
function begins(query: string, key: SQL): SQL {
  return sql`${key} >= lower(${query}::text) and ${key} < lower(${query}::text) || chr(1114111)`
}

import { type SQL, sql } from 'drizzle-orm'

/**
 * What a search compares the beginning of, each with an index. In the order of bytes, since a language's own does not
 * keep those together that begin alike.
 */
export function searchKeys({ username, email, fullName }: Record<'username' | 'email' | 'fullName', object>) {
  return {
    username: inBytes(sql`${username}`),
    email: inBytes(sql`${email}`),
    full_name: inBytes(sql`${fullName}`),
    last_name: inBytes(sql`split_part(${fullName}, ' ', -1)`),
    // From its @ on.
    domain: inBytes(sql`substr(${email}, strpos(${email}, '@'))`),
  }
}

function inBytes(text: SQL): SQL {
  return sql`(lower(${text}) collate "C")`
}

/** `active` or `disabled`, as an expression that has an index. */
export function accountStatus(disabledAt: object): SQL {
  return sql`(case when ${disabledAt} is null then 'active' else 'disabled' end)`
}

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
 * The users of one page, as a subquery with `id`, `key` and `shown`. One that is not `shown` says where to go on after
 * as many entries as are looked at for one page.
 */
export function pageOfUsers({ query, after, limit, ...filter }: Page): SQL {
  if (query === null) {
    return sql`select u.id, null::text collate "C" as key, true as shown
      ${accounts(filter)} and u.id > ${after?.id ?? 0} order by u.id limit ${limit}`
  }
  const search = { query, after, limit }
  if (filter.role === null && filter.status === null) return searchAll({ ...search, fits: sql`true` })
  return sql`
    with few as materialized (
      select u.id ${accounts(filter)} limit ${MAX_ENTRIES + 1}::integer
    ), are_few as materialized (
      select count(*) <= ${MAX_ENTRIES} as yes from few
    )
    (${searchFew(search)} and (select yes from are_few) order by 2, 1 limit ${limit})
    union all
    (select * from (${searchAll({ ...search, fits: isAccount(filter) })}) as found where not (select yes from are_few))`
}

type Filter = Omit<UserFilter, 'query'>

/** Read by index, whichever of the two is given. */
function accounts({ role, status }: Filter): SQL {
  const held = role === null ? sql`` : sql`join user_roles r on r.user_id = u.id and r.role_name = ${role}`
  return sql`from users u ${held} where ${isAccount({ role: null, status })}`
}

/** The same as a condition of the row `u`; as an array, so that no plan reads everybody who has the role for it. */
function isAccount({ role, status }: Filter): SQL {
  const hasRole = sql`${role}::text = any(array(select r.role_name from user_roles r where r.user_id = u.id))`
  const hasStatus = sql`${accountStatus(sql`u.disabled_at`)} = ${status}`
  return sql`${role === null ? sql`true` : hasRole} and ${status === null ? sql`true` : hasStatus}`
}

type Search = { query: string; after: UserPosition | null; limit: number }

/** Compares each of a few users. */
function searchFew({ query, after }: Search): SQL {
  return sql`
    select u.id, ${firstKey(query)} as key, true as shown from few join users u on u.id = few.id
    where ${firstKey(query)} is not null ${isBehind(after, firstKey(query))}`
}

/**
 * Merges the entries of the indexes that begin with the text, in their order and no further than the page needs, so
 * that a text that a million accounts begin with costs what any other does. A user has several entries, and is shown
 * for the first one.
 *
 * @param fits a further condition of the row `u`
 */
function searchAll({ query, after, limit, fits }: Search & { fits: SQL }): SQL {
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
    select id, key, shown from (
      select *, row_number() over (order by key, id, key_number) as entry_number
      from (${sql.join(streams, sql` union all `)}) as entries
    ) as numbered
    where shown or entry_number = ${MAX_ENTRIES} order by key, id, key_number limit ${limit}`
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

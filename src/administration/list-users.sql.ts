import type { SQL } from 'drizzle-orm'
import type { Database } from '../db/client.ts'
import { run } from '../db/run.ts'
import type { Client } from '../net/client-address.ts'
import { userRoles } from '../roles/schema.ts'
import { type AdminUser, adminUserFields, type Status } from '../sql/admin-users.ts'
import { decideAboutReading, isDone, outcome, type Reading, type Refusal } from '../sql/authority.ts'
import { hasMember, type Member } from '../sql/metadata.ts'
import { columnsOf, list, materialized, nullable, type Parts, statement } from '../sql/parts.ts'
import { join, sql } from '../sql/template.ts'
import type { AccountFields } from '../users/feature.ts'
import { accountStatus, searchKeys, users } from '../users/schema.ts'

export type UserFilter = {
  query: string | null
  role: string | null
  status: Status | null
  /** A top-level member of `app_metadata` and its value. */
  metadata: Member | null
}

/** The end of a page: the last user, and in a search the key that matched. */
export type UserPosition = { id: number; key: string | null }

type Page = UserFilter & {
  /** `null`: from the beginning. */
  after: UserPosition | null
  limit: number
  /** The fields beside the email address, by which a search compares those that the deployment has. */
  fields: AccountFields
}

/** One page of accounts, and where the next begins; `null` after the last. */
export type UserPage = { users: AdminUser[]; next: UserPosition | null }

const u = columnsOf(users, 'u')
const r = columnsOf(userRoles, 'r')

/**
 * Reads a page of accounts by id, or of a search by the key that matched, each account once; and records it.
 */
export async function selectUserPage(
  { db, client }: { db: Database; client: Client },
  { limit, reading, ...page }: Page & { reading: Omit<Reading, 'data' | 'userId'> },
): Promise<UserPage | Refusal> {
  const listing = statement(
    {
      ...decideAboutReading(client, { ...reading, data: 'accounts', userId: null }),
      // One row more than is shown tells whether there are more.
      ...pageOfUsers({ ...page, limit: limit + 1 }),
    },
    {
      fields: {
        outcome: sql<'done' | Refusal>`${outcome}`,
        key: sql<string | null>`page.key`,
        isShown: sql<boolean | null>`page.shown`,
        isEnd: sql<boolean | null>`page.is_end`,
        ...adminUserFields(u),
        ...nullable({ id: u.id }),
      },
      from: sql`
        from decision left join (page join ${users} u on ${u.id} = page.id) on ${isDone}
        order by page.key, page.id`,
    },
  )
  const rows = await run(db, listing)
  const [first] = rows
  if (!first) return 'ended'
  if (first.outcome !== 'done') return first.outcome
  const found = rows.flatMap(({ id, ...row }) => (id === null ? [] : [{ ...row, id }]))
  const shown = found.filter((row) => row.isShown).slice(0, limit)
  const end = found.length > limit ? shown.at(-1) : found.find((row) => row.isEnd)
  return { users: shown, next: end ? { id: end.id, key: end.key } : null }
}

/** The keys of the row `u`, which a search compares: of the fields that the deployment asks for. */
function keysOf({ username, full_name }: AccountFields): SQL[] {
  const keys = searchKeys(u)
  return [
    ...(username === 'absent' ? [] : [keys.username]),
    ...(full_name === 'absent' ? [] : [keys.full_name, keys.last_name]),
    keys.email,
    keys.domain,
  ]
}

/**
 * The most entries of the indexes that one page looks at, which takes a tenth of a second. Without a filter,
 * a page needs a few hundred. With a filter that only few of very many accounts pass, a page can come out
 * short and not be the last.
 */
const MAX_ENTRIES = 10_000

/**
 * The part `page` with `id`, `key`, `shown` and `is_end`, and parts that it needs. If `MAX_ENTRIES` was
 * reached, the last row has `is_end`, whether it is `shown` or not; the next page starts there.
 */
function pageOfUsers({ query, after, limit, fields, ...filter }: Page): Parts {
  if (query === null) {
    const page = sql`
      select listed.id, null::text collate "C" as key, true as shown, false as is_end
      from (${accounts(filter, after?.id ?? 0)} limit ${limit}) as listed`
    return { page }
  }
  const search = { query, after, limit, keys: keysOf(fields), fits: isAccount(filter) }
  if (Object.values(filter).every((value) => value === null)) return { page: searchAll(search) }
  return {
    ...fewAccounts(filter),
    are_few: materialized(sql`select count(*) <= ${MAX_ENTRIES} as yes from few`),
    page: sql`
      (${searchFew(search)} and (select yes from are_few) order by 2, 1 limit ${limit})
      union all
      (select * from (${searchAll(search)}) as found where not (select yes from are_few))`,
  }
}

type Filter = Omit<UserFilter, 'query'>

const NO_FILTER: Filter = { role: null, status: null, metadata: null }

/**
 * A subquery with the `id` of accounts, in that order. Role and status alone are ranges of one value: with
 * `=`, the planner would take the order of ids from another index, expecting matches everywhere in it, even
 * if all are at its end. Both together are merged in that order, from where the later of the two begins.
 */
function accounts(filter: Filter, after: number): SQL {
  const { role, status, metadata } = filter
  if (metadata !== null) return accountsHaving({ ...filter, metadata }, after)
  if (role !== null && status !== null) return accountsOfBoth({ role, status }, after)
  if (role !== null) {
    return sql`
      select ${r.userId} as id from ${userRoles} r
      where ${r.roleName} between ${role} and ${role} and ${r.userId} > ${after}
      order by ${r.roleName}, ${r.userId}`
  }
  if (status !== null) {
    const key = accountStatus(u.disabledAt)
    return sql`
      select ${u.id} as id from ${users} u where ${key} between ${status} and ${status} and ${u.id} > ${after}
      order by ${key}, ${u.id}`
  }
  return sql`select ${u.id} as id from ${users} u where ${u.id} > ${after} order by ${u.id}`
}

function accountsOfBoth({ role, status }: { role: string; status: Status }, after: number): SQL {
  const first = (filter: Partial<Filter>) => sql`(${accounts({ ...NO_FILTER, ...filter }, after)} limit 1)`
  const start = sql`(
    select greatest(holder.id, other.id)
    from ${first({ role })} as holder, ${first({ status })} as other
  )`
  return sql`
    select ${u.id} as id from ${users} u join ${userRoles} r on ${r.userId} = ${u.id}
    where ${r.roleName} = ${role} and ${r.userId} >= ${start}
      and ${accountStatus(u.disabledAt)} = ${status} and ${u.id} >= ${start}
    order by ${u.id}`
}

/**
 * The index of metadata serves any member, but has no order. So the planner chooses: the matches of that
 * index, sorted, or accounts in the order of ids until there are enough. It knows how common a value is, but
 * not where: if a third of all accounts have it and all of them registered last, a page reads two thirds,
 * which takes half a second among a million. It must see the value: a plan for any value is ten times as
 * slow.
 */
function accountsHaving({ role, status, metadata }: Filter & { metadata: Member }, after: number): SQL {
  const isHeld = sql`join ${userRoles} r on ${r.userId} = ${u.id} and ${r.roleName} = ${role}`
  return sql`
    select ${u.id} as id from ${users} u ${role === null ? sql`` : isHeld}
    where ${hasMember(u.appMetadata, metadata)} and ${u.id} > ${after}
      ${status === null ? sql`` : sql`and ${accountStatus(u.disabledAt)} = ${status}`}
    order by ${u.id}`
}

/**
 * A filter as a condition of the row `u`. An array, so that no plan reads everybody who has the role for it.
 */
function isAccount({ role, status, metadata }: Filter): SQL {
  const hasRole = sql`${role}::text = any(array(
    select ${r.roleName} from ${userRoles} r where ${r.userId} = ${u.id}))`
  const hasStatus = sql`${accountStatus(u.disabledAt)} = ${status}`
  const conditions = [
    ...(status === null ? [] : [hasStatus]),
    ...(role === null ? [] : [hasRole]),
    ...(metadata === null ? [] : [hasMember(u.appMetadata, metadata)]),
  ]
  return conditions.length > 0 ? join(conditions, ' and ') : sql`true`
}

/**
 * The part `few` with the `id` of those who have the metadata or, without such a filter, the role or, if they
 * are too many, the status; at most one more than `MAX_ENTRIES`. And parts that it needs.
 */
function fewAccounts({ role, status, metadata }: Filter): Parts {
  const some = (filter: Partial<Filter>) => sql`
    select id
    from (${accounts({ ...NO_FILTER, ...filter }, 0)} limit ${MAX_ENTRIES + 1}::integer) as first_ones`
  if (metadata !== null) return { few: materialized(some({ metadata })) }
  if (role === null || status === null) return { few: materialized(some({ role, status })) }
  return {
    holders: materialized(some({ role })),
    are_many: materialized(sql`select count(*) > ${MAX_ENTRIES} as yes from holders`),
    few: materialized(sql`
      select id from holders where not (select yes from are_many) union all
      select id from (${some({ status })}) as others where (select yes from are_many)`),
  }
}

type Search = {
  query: string
  keys: readonly SQL[]
  after: UserPosition | null
  limit: number
  /** A further condition of the row `u`. */
  fits: SQL
}

/** Compares each user of the part `few`. An array, so that no plan joins them to everybody. */
function searchFew({ query, keys, after, fits }: Search): SQL {
  const key = firstKey(query, keys)
  return sql`
    select ${u.id} as id, ${key} as key, true as shown, false as is_end from ${users} u
    where ${u.id} = any(array(select id from few)) and ${key} is not null and ${fits}
      ${isBehind(after, key)}`
}

/** The entries of one index that begin with the query, in its order. */
function entriesOf(key: SQL, number: number, { query, keys, after, fits }: Search): SQL {
  // If two keys of a user are the same, the first index has the entry that is shown.
  const earlier = keys.slice(0, number).map((other) => sql`and ${other} is distinct from ${key}`)
  return sql`(
    select ${u.id} as id, ${key} as key, ${number}::integer as key_number,
      ${key} = ${firstKey(query, keys)} ${join(earlier, ' ')} and ${fits} as shown
    from ${users} u where ${begins(query, key)} ${isBehind(after, key)}
    order by ${key}, ${u.id} limit ${MAX_ENTRIES}::integer)`
}

/**
 * Merges the entries of the indexes that begin with the query, in their order and only as far as the page
 * needs: a query that a million accounts match costs as much as any other. A user has several entries, and is
 * shown for the first.
 */
function searchAll(search: Search): SQL {
  const entries = search.keys.map((key, number) => entriesOf(key, number, search))
  return sql`
    select id, key, shown, entry_number = ${MAX_ENTRIES} as is_end from (
      select *, row_number() over (order by key, id, key_number) as entry_number
      from (${join(entries, ' union all ')}) as entries
    ) as numbered
    where entry_number <= ${MAX_ENTRIES} and (shown or entry_number = ${MAX_ENTRIES})
    order by key, id, key_number limit ${search.limit}`
}

function isBehind(after: UserPosition | null, key: SQL): SQL {
  return after ? sql`and (${key}, ${u.id}) > (${after.key}::text, ${after.id}::integer)` : sql``
}

/** The least key of the row `u` that begins with the query; null if none does. */
function firstKey(query: string, keys: readonly SQL[]): SQL {
  const matches = keys.map((key) => sql`case when ${begins(query, key)} then ${key} end`)
  return sql`least(${list(matches)})`
}

/**
 * A range: 1114111 is the last code point, so every string that begins with the query is below the upper
 * bound.
 */
function begins(query: string, key: SQL): SQL {
  return sql`${key} >= lower(${query}::text) and ${key} < lower(${query}::text) || chr(1114111)`
}

import type { SQL } from 'drizzle-orm'
import { MAX_METADATA_BYTES, MAX_METADATA_DEPTH, type Metadata } from '../users/schema.ts'
import { identifier, sql } from './template.ts'

/**
 * An expression of type jsonb: a document after a JSON merge patch. It is the RFC's own pseudo-code, once for
 * each level of objects that metadata may have. PostgreSQL has no such function, and to merge here what was
 * read earlier would lose what another request wrote meanwhile. The text is the same for every patch.
 *
 * @param patch its root is an object, of `MAX_METADATA_DEPTH` levels at most
 * @see https://www.rfc-editor.org/rfc/rfc7396#section-2
 */
export function merged(document: SQL, patch: Metadata): SQL {
  return mergedAt(1, document, sql`${JSON.stringify(patch)}::jsonb`)
}

function mergedAt(level: number, document: SQL, patch: SQL): SQL {
  const [d, p] = [identifier(`d${level}`), identifier(`p${level}`)]
  const inner = () => mergedAt(level + 1, sql`${d}.value`, sql`${p}.value`)
  const nested =
    level < MAX_METADATA_DEPTH ? sql`when jsonb_typeof(${p}.value) = 'object' then ${inner()}` : sql``
  return sql`(
    select coalesce(jsonb_object_agg(coalesce(${d}.key, ${p}.key), case
      when ${p}.key is null then ${d}.value
      ${nested}
      else ${p}.value end), '{}')
    from ${membersOf(sql`case when jsonb_typeof(${document}) = 'object' then ${document} end`)} ${d}
    full join ${membersOf(patch)} ${p} on ${p}.key = ${d}.key
    where ${p}.value is distinct from 'null')`
}

/**
 * The members of an object, with a condition that is always true. Without it the planner expects a hundred
 * of them at each level, 100^8 in all, and PostgreSQL compiles the statement first (`jit_above_cost`), which
 * takes a second. With it, it expects one.
 */
function membersOf(document: SQL): SQL {
  return sql`(select * from jsonb_each(${document}) where key = key || '')`
}

/**
 * An expression: how many bytes a document has as JSON in UTF-8, without white space. PostgreSQL writes a
 * space behind each comma and colon outside of strings.
 */
function bytesOf(document: SQL): SQL {
  return sql`(
    select octet_length(json) - length(outside) + length(replace(outside, ' ', ''))
    from (select ${document}::text as json) as written,
      lateral regexp_replace(json, '"(?:[^"\\\\]|\\\\.)*"', '', 'g') as outside)`
}

/**
 * A condition: the document is larger than metadata may be, and a change made it so. What is already too
 * large, as only SQL by hand can make it, may be made smaller in steps.
 */
export function isTooLarge(document: SQL, { before }: { before: SQL }): SQL<boolean> {
  return sql`(${bytesOf(document)} > ${MAX_METADATA_BYTES}::integer
    and octet_length(${document}::text) > octet_length(${before}::text))`
}

/** A boolean or number as JSON. No number that the API stores has more digits. */
const LITERAL = /^(?:true|false|-?(?:0|[1-9]\d{0,15})(?:\.\d{1,25})?(?:[eE][+-]?\d{1,3})?)$/

/** A top-level member of metadata, and its value as text. */
export type Member = { name: string; value: string }

/**
 * A condition on a column of metadata: it has the member with that string or, if the text is one, with that
 * number or boolean. In the form that an index with `jsonb_path_ops` serves.
 */
export function hasMember(document: SQL, { name, value }: Member): SQL {
  const has = (json: string) => sql`${document} @> ${`{${JSON.stringify(name)}:${json}}`}::jsonb`
  const text = JSON.stringify(value)
  // As it is written: PostgreSQL compares decimals, and JavaScript would round some of them.
  return LITERAL.test(value) ? sql`(${has(text)} or ${has(value)})` : has(text)
}

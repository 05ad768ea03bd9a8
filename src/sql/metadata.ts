import type { SQL } from 'drizzle-orm'
import { MAX_METADATA_BYTES, type Metadata } from '../users/schema.ts'
import { sql } from './template.ts'

/**
 * One step of a merge: at `path`, make sure there is an object, set a value, or remove what is there.
 */
type Step = { path: string[]; value?: unknown; act: 'object' | 'set' | 'remove' }

/** The steps of a merge patch, an object before its members. */
function stepsOf(patch: Metadata, path: readonly string[] = []): Step[] {
  return Object.entries(patch).flatMap(([name, value]): Step[] => {
    const at = [...path, name]
    if (value === null) return [{ path: at, act: 'remove' }]
    if (typeof value !== 'object' || Array.isArray(value)) return [{ path: at, value, act: 'set' }]
    return [{ path: at, act: 'object' }, ...stepsOf(value as Metadata, at)]
  })
}

/**
 * An expression of type jsonb: a document after a JSON merge patch. PostgreSQL has no such function, and to
 * merge here what was read earlier would lose what another request wrote meanwhile. So the patch becomes a
 * list of steps, which the statement applies one by one to the row that it has locked. Its text is the same
 * for every patch.
 *
 * @param patch its root is an object; members that are null are removed
 * @see https://www.rfc-editor.org/rfc/rfc7396#section-2
 */
export function merged(document: SQL, patch: Metadata): SQL {
  const steps = JSON.stringify(stepsOf(patch))
  return sql`(
    with recursive merging(number, document) as (
      select 0, ${document}
      union all
      select number + 1, case step ->> 'act'
        when 'remove' then document #- path
        when 'set' then jsonb_set(document, path, step -> 'value')
        when 'object' then case when jsonb_typeof(document #> path) = 'object' then document
          else jsonb_set(document, path, '{}') end
        end
      from merging, (select ${steps}::jsonb as steps) as patch,
        lateral (select steps -> number as step) as next,
        lateral (select array(select jsonb_array_elements_text(step -> 'path')) as path) as place
      where step is not null
    )
    select document from merging order by number desc limit 1)`
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

/** A condition: the document is larger than metadata may be. */
export function isTooLarge(document: SQL): SQL<boolean> {
  return sql`${bytesOf(document)} > ${MAX_METADATA_BYTES}::integer`
}

/** A top-level member of metadata, and its value as text. */
export type Member = { name: string; value: string }

/**
 * A condition on a column of metadata: it has the member with that string or, if the text is one, with that
 * number or boolean. In the form that an index with `jsonb_path_ops` serves.
 */
export function hasMember(document: SQL, { name, value }: Member): SQL {
  const has = (wanted: unknown) => sql`${document} @> ${JSON.stringify({ [name]: wanted })}::jsonb`
  const isLiteral = /^(?:true|false|-?(?:0|[1-9]\d{0,14})(?:\.\d{1,14})?)$/.test(value)
  return isLiteral ? sql`(${has(value)} or ${has(JSON.parse(value))})` : has(value)
}

import { Column, getTableName, Placeholder, SQL, StringChunk, Table } from 'drizzle-orm'
import { SCHEMA_NAME } from '../features/tables.ts'

/**
 * A piece of a template: a phrase, a table or column of the schema, or a value, which is sent as a parameter.
 * A placeholder stands for a value that `fill` puts in.
 */
export type Piece = SQL | Table | Column | Placeholder | string | number | boolean | null

/**
 * Like Drizzle's `sql`, but flat: nested phrases and names are inlined at once. A statement of a hundred
 * phrases is then one string with holes, which Drizzle renders five times as fast as a tree: 29 µs of CPU
 * instead of 135 for a refresh, 8 instead of 41 for the current user.
 */
export function sql<T = unknown>(strings: TemplateStringsArray, ...pieces: readonly Piece[]): SQL<T> {
  const flat = new Flat(strings[0] ?? '')
  pieces.forEach((piece, index) => {
    flat.add(piece)
    flat.text += strings[index + 1] ?? ''
  })
  return flat.end()
}

/** A quoted identifier. */
export function identifier(name: string): SQL {
  return new SQL([new StringChunk(quoted(name))])
}

/**
 * Puts values in the place of a template's placeholders. It must have been made by `sql` or `join`.
 *
 * @throws TypeError if a placeholder has no value
 */
export function fill(template: SQL, values: Readonly<Record<string, Value>>): SQL {
  const chunks = template.queryChunks.map((chunk) => {
    if (!(chunk instanceof Placeholder)) return chunk
    const value = values[chunk.name]
    if (value === undefined) throw new TypeError(`No value for the placeholder ${chunk.name}`)
    return value instanceof Date ? value.toISOString() : value
  })
  return phraseOf(chunks as SQL['queryChunks'])
}

/** The types of values that can replace a placeholder. `time` casts a `Date` for PostgreSQL. */
export type Value = Date | string | number | boolean | null

/** Its constructor would look through all chunks for tables, which are names in a string by now. */
function phraseOf<T>(chunks: SQL['queryChunks']): SQL<T> {
  return Object.assign(new SQL<T>([]), { queryChunks: chunks })
}

type Separator = ', ' | ' ' | ' and ' | ' union all '

/** Joins phrases by a separator, which is inlined and must not be input. */
export function join(items: readonly SQL[], separator: Separator): SQL {
  const flat = new Flat('')
  items.forEach((item, index) => {
    if (index > 0) flat.text += separator
    flat.add(item)
  })
  return flat.end()
}

/** The qualified name: all tables are in one schema. */
function nameOf(table: Table): string {
  return `${quoted(SCHEMA_NAME)}.${quoted(getTableName(table))}`
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** Collects chunks as Drizzle's `sql` has them, and concatenates neighbouring strings. */
class Flat {
  readonly #chunks: SQL['queryChunks'] = []
  text: string

  constructor(text: string) {
    this.text = text
  }

  add(piece: Piece | SQL['queryChunks'][number]): void {
    if (piece instanceof SQL) for (const chunk of piece.queryChunks) this.add(chunk)
    else if (piece instanceof StringChunk) this.text += piece.value.join('')
    else if (piece instanceof Table) this.text += nameOf(piece)
    else if (piece instanceof Column) this.text += `${nameOf(piece.table)}.${quoted(piece.name)}`
    else {
      // Drizzle would write nothing for the one, and a list in parentheses for the other.
      if (piece === undefined || Array.isArray(piece)) throw new TypeError('A template takes no such value')
      this.#chunks.push(new StringChunk(this.text), piece as SQL['queryChunks'][number])
      this.text = ''
    }
  }

  end<T>(): SQL<T> {
    this.#chunks.push(new StringChunk(this.text))
    return phraseOf(this.#chunks)
  }
}

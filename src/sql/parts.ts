import { type Column, type GetColumnData, getTableColumns, Placeholder, SQL, type Table } from 'drizzle-orm'
import type { Decoder, Statement } from '../db/run.ts'
import { fill, identifier, join, sql, type Value } from './template.ts'

/**
 * The parts of a statement, by name: each is a common table expression (`WITH`). Every author must know four
 * rules of PostgreSQL:
 *
 * - All parts see the tables as they were when the statement began. They see each other only by what they
 *   return: a row that one part writes is invisible to another that reads the table.
 * - A part that writes does so exactly once, whether or not another part reads it.
 * - Two parts must not write the same row: only one of the writes would happen, and it is not defined which.
 * - A statement that waited for a locked row reads that row anew, and every other one as it was when the
 *   statement began. So it locks what it decides by and what it answers with.
 *
 * @see https://www.postgresql.org/docs/current/queries-with.html#QUERIES-WITH-MODIFYING
 */
export type Parts = Readonly<Record<string, SQL | Materialized>>

/** A part that the planner must not inline into the parts that read it. */
export type Materialized = { materialized: SQL }

export function materialized(part: SQL): Materialized {
  return { materialized: part }
}

/** The columns of an answer, by the names of their fields in TypeScript. */
export type Fields = Readonly<Record<string, Column | SQL>>

/** The type of a row: that of each column, or the one that an expression declares (`sql<number>`). */
export type Row<F extends Fields> = {
  -readonly [Name in keyof F]: F[Name] extends Column
    ? GetColumnData<F[Name]>
    : F[Name] extends SQL<infer Value>
      ? Value
      : never
}

/** The fields of rows that may be missing, as after a `left join`: all can be null. */
export type Nullable<F extends Fields> = { [Name in keyof F]: SQL<Row<F>[Name] | null> }

/** Declares that the rows of the fields may be missing; see `Nullable`. */
export function nullable<F extends Fields>(fields: F): Nullable<F> {
  return fields as unknown as Nullable<F>
}

/**
 * The final `select` of a statement.
 *
 * @param fields the columns of each row
 * @param from `from …`, and everything that follows it
 */
export type Answer<F extends Fields> = { fields: F; from: SQL }

/** Makes a statement of its parts, in their order, and its answer. */
export function statement<F extends Fields>(parts: Parts, { fields, from }: Answer<F>): Statement<Row<F>> {
  const named = Object.entries(parts).map(([name, part]) => {
    if (part instanceof SQL) return sql`${identifier(name)} as (${part})`
    return sql`${identifier(name)} as materialized (${part.materialized})`
  })
  const begin = named.length > 0 ? sql`with ${list(named)} ` : sql``
  const { selected, decoders } = writtenOut(fields)
  return { sql: sql`${begin}select ${selected} ${from}`, decoders }
}

/** A placeholder for each of the values. */
export type Placeholders<Values> = { readonly [Name in keyof Values]: Placeholder }

/**
 * A statement on a hot path whose text is always the same: it is built at the first call, with placeholders
 * that each call fills. Building a refresh takes 20 µs of CPU, filling it 4.
 */
export function buildOnce<Values extends Record<string, Value>, R>(
  build: (placeholders: Placeholders<Values>) => Statement<R>,
): (values: Values) => Statement<R> {
  let built: Statement<R> | undefined
  return (values) => {
    built ??= build(PLACEHOLDERS as Placeholders<Values>)
    return { ...built, sql: fill(built.sql, values) }
  }
}

/** Has a placeholder of every name, and no names of its own: spread, it is empty. */
const PLACEHOLDERS: unknown = new Proxy({}, { get: (_, name) => new Placeholder(String(name)) })

type WrittenOut = { selected: SQL; decoders: Statement<unknown>['decoders'] }
const WRITTEN_OUT = new WeakMap<Fields, WrittenOut>()

/** Fields are mostly constants of a module: those are written out once. */
function writtenOut(fields: Fields): WrittenOut {
  const known = WRITTEN_OUT.get(fields)
  if (known) return known
  const written = { selected: selection(fields), decoders: decodersOf(fields) }
  WRITTEN_OUT.set(fields, written)
  return written
}

/** `a as "a", b as "b"`. */
export function selection(fields: Fields): SQL {
  return list(Object.entries(fields).map(([name, field]) => sql`${field} as ${identifier(name)}`))
}

/** The columns of a part whose `select` is `selection(fields)`, to be read by other parts. */
export function fieldsOf<F extends Fields>(
  part: string,
  fields: F,
): { [Name in keyof F]: SQL<Row<F>[Name]> } {
  const named = decodersOf(fields).map(([name, decoder]) => [
    name,
    sql`${identifier(part)}.${identifier(name)}`.mapWith(decoder),
  ])
  return Object.fromEntries(named) as { [Name in keyof F]: SQL<Row<F>[Name]> }
}

/** Joined by commas. */
export function list(items: readonly SQL[]): SQL {
  return join(items, ', ')
}

/** A column is its own decoder; `mapWith` sets that of an expression, in a field that its type hides. */
function decodersOf(fields: Fields): [string, Decoder][] {
  return Object.entries(fields).map(([name, field]) => {
    const { decoder } = (field instanceof SQL ? field : { decoder: field }) as unknown as { decoder: Decoder }
    return [name, decoder]
  })
}

/** The columns of a table under an alias, or of a part that returns all of them. */
export type ColumnsOf<T extends Table> = {
  readonly [Name in keyof T['_']['columns']]: SQL<GetColumnData<T['_']['columns'][Name]>>
}

/**
 * The columns of a table under an alias, or of a part that returns all of them: `columnsOf(users, 'u').id` is
 * `"u"."id"`. If a column is renamed in the schema, statements that use the old name do not compile.
 */
export function columnsOf<T extends Table>(table: T, alias: string): ColumnsOf<T> {
  const columns = Object.entries(getTableColumns(table)).map(([name, column]) => [
    name,
    sql`${identifier(alias)}.${identifier(column.name)}`.mapWith(column),
  ])
  return Object.fromEntries(columns) as ColumnsOf<T>
}

/** The name of a column without its table, as `insert`, `set` and `on conflict` require it. */
export function bare(column: Column): SQL {
  return sql`${identifier(column.name)}`
}

/** Values or expressions by column; values are sent as parameters. */
type Written<T extends Table> = { [Name in keyof T['$inferInsert']]: T['$inferInsert'][Name] | SQL }

/**
 * `insert into … (…) select … from …`: inserts one row for each row of `from`.
 *
 * @param alias the name of the existing row in `on conflict … do update`
 */
export function insertInto<T extends Table>(
  table: T,
  values: Written<T>,
  { from, alias }: { from: SQL; alias?: string },
): SQL {
  const columns = getTableColumns(table)
  const names = Object.keys(values).map((name) => bare(columns[name] as Column))
  const selected = Object.values(values).map((value) => sql`${value}`)
  const named = alias ? sql` as ${identifier(alias)}` : sql``
  return sql`insert into ${table}${named} (${list(names)}) select ${list(selected)} ${from}`
}

/** The assignments of `set …`. */
export function assignments<T extends Table>(table: T, values: Partial<Written<T>>): SQL {
  const columns = getTableColumns(table)
  return list(Object.entries(values).map(([name, value]) => sql`${bare(columns[name] as Column)} = ${value}`))
}

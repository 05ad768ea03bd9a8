import { type Column, type GetColumnData, getTableColumns, SQL, type Table } from 'drizzle-orm'
import type { Decoder, Statement } from '../db/run.ts'
import { identifier, join, sql } from './template.ts'

/**
 * One statement of named parts, each a common table expression (`WITH`, PostgreSQL 7.8). What every author
 * must know:
 *
 * - All parts see the tables as they were when the statement began, and each other only by what they return.
 *   A row that one part writes is not there for another that reads its table.
 * - A part that writes does so exactly once, whether anybody reads it or not.
 * - Two parts never write one row: only one of the writes would happen, and it is not said which.
 *
 * @see https://www.postgresql.org/docs/current/queries-with.html#QUERIES-WITH-MODIFYING
 */
export type Parts = Readonly<Record<string, SQL | Materialized>>

/** A part that the planner must not merge with those that read it. */
export type Materialized = { materialized: SQL }

export function materialized(part: SQL): Materialized {
  return { materialized: part }
}

/** What a statement answers, by the names that its rows have in TypeScript. */
export type Fields = Readonly<Record<string, Column | SQL>>

/** A row of fields: a column's type, or what was said of an expression (`sql<number>`). */
export type Row<F extends Fields> = {
  -readonly [Name in keyof F]: F[Name] extends Column
    ? GetColumnData<F[Name]>
    : F[Name] extends SQL<infer Value>
      ? Value
      : never
}

/** The same where the rows that the fields come from may be missing, as behind a `left join`. */
export type Nullable<F extends Fields> = { [Name in keyof F]: SQL<Row<F>[Name] | null> }

/** Says that the rows that fields come from may be missing. */
export function nullable<F extends Fields>(fields: F): Nullable<F> {
  return fields as unknown as Nullable<F>
}

/**
 * @param fields what each row of the answer has
 * @param from where the rows come from: `from …`, and what follows it
 */
export type Answer<F extends Fields> = { fields: F; from: SQL }

/** The parts, in the order in which they are given, and the answer behind them. */
export function statement<F extends Fields>(parts: Parts, { fields, from }: Answer<F>): Statement<Row<F>> {
  const named = Object.entries(parts).map(([name, part]) => {
    if (part instanceof SQL) return sql`${identifier(name)} as (${part})`
    return sql`${identifier(name)} as materialized (${part.materialized})`
  })
  const begin = named.length > 0 ? sql`with ${list(named)} ` : sql``
  const { selected, decoders } = writtenOut(fields)
  return { sql: sql`${begin}select ${selected} ${from}`, decoders }
}

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

/** The fields of a part whose own fields are the given ones. */
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

/** An expression's is what `mapWith` gave it, which Drizzle's types do not tell. */
function decodersOf(fields: Fields): [string, Decoder][] {
  return Object.entries(fields).map(([name, field]) => {
    const { decoder } = (field instanceof SQL ? field : { decoder: field }) as unknown as { decoder: Decoder }
    return [name, decoder]
  })
}

/** The columns of a table's rows under an alias, or of a part that returns all of them. */
export type ColumnsOf<T extends Table> = {
  readonly [Name in keyof T['_']['columns']]: SQL<GetColumnData<T['_']['columns'][Name]>>
}

/**
 * The columns of rows of a table where a statement calls them otherwise: `columnsOf(users, 'u').id` is
 * `"u"."id"`. A column that is renamed in the schema does not compile.
 */
export function columnsOf<T extends Table>(table: T, alias: string): ColumnsOf<T> {
  const columns = Object.entries(getTableColumns(table)).map(([name, column]) => [
    name,
    sql`${identifier(alias)}.${identifier(column.name)}`.mapWith(column),
  ])
  return Object.fromEntries(columns) as ColumnsOf<T>
}

/** A column's name alone, as the lists of `insert`, `set` and `on conflict` want it. */
export function bare(column: Column): SQL {
  return sql`${identifier(column.name)}`
}

/** Columns and what is written to them; a value is sent as a parameter. */
type Written<T extends Table> = { [Name in keyof T['$inferInsert']]: T['$inferInsert'][Name] | SQL }

/**
 * `insert into … (…) select … from …`: one row for each that `from` has.
 *
 * @param alias what `on conflict … do update` calls the row that is there
 */
export function insertInto<T extends Table>(
  table: T,
  values: Written<T>,
  { from, alias }: { from: SQL; alias?: string },
): SQL {
  const columns = getTableColumns(table)
  const names = Object.keys(values).map((name) => bare(columns[name] as Column))
  const selected = Object.values(values).map((value) => sql`${value}`)
  const called = alias ? sql` as ${identifier(alias)}` : sql``
  return sql`insert into ${table}${called} (${list(names)}) select ${list(selected)} ${from}`
}

/** What stands behind `set`. */
export function assignments<T extends Table>(table: T, values: Partial<Written<T>>): SQL {
  const columns = getTableColumns(table)
  return list(Object.entries(values).map(([name, value]) => sql`${bare(columns[name] as Column)} = ${value}`))
}

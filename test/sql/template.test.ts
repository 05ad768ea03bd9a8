import { PgDialect } from 'drizzle-orm/pg-core'
import { describe, expect, test } from 'vitest'
import {
  assignments,
  buildOnce,
  columnsOf,
  insertInto,
  list,
  type Placeholders,
  statement,
} from '../../src/sql/parts.ts'
import { identifier, join, type Piece, sql } from '../../src/sql/template.ts'
import { time } from '../../src/sql/time.ts'
import { users } from '../../src/users/schema.ts'

const written = (phrase: ReturnType<typeof sql>) => {
  const { sql: text, params } = new PgDialect().sqlToQuery(phrase)
  return [text, params]
}
const u = columnsOf(users, 'u')

describe('templates are flat', () => {
  test('phrases are spliced in, and the parameters of all are numbered in their order', () => {
    const inner = sql`${u.id} = ${1} or ${u.email} = ${'a'}`
    expect(written(sql`select ${'b'} from ${users} u where ${inner} and ${users.id} > ${null}`)).toEqual([
      'select $1 from "lumascope"."users" u where "u"."id" = $2 or "u"."email" = $3 and "lumascope"."users"."id" > $4',
      ['b', 1, 'a', null],
    ])
  })

  test('one phrase can stand in several statements, and several times in one', () => {
    const phrase = sql`${u.id} = ${7}`
    expect(written(sql`${phrase} or ${phrase}`)).toEqual(['"u"."id" = $1 or "u"."id" = $2', [7, 7]])
    expect(written(phrase)).toEqual(['"u"."id" = $1', [7]])
  })

  test('what a value holds is never SQL, and a name can’t end its quotes', () => {
    const hostile = `'; drop table users; -- "lumascope".`
    expect(written(sql`select ${hostile}`)).toEqual(['select $1', [hostile]])
    expect(written(identifier('a"; drop table users; --'))[0]).toBe('"a""; drop table users; --"')
    expect(written(join([sql`${'x'}`, sql`y`], ' and '))).toEqual(['$1 and y', ['x']])
    expect(written(list([]))).toEqual(['', []])
  })

  test.each([
    ['undefined', undefined],
    ['a list', ['a']],
  ])('%s is a mistake and no SQL', (_, value) => {
    expect(() => sql`select ${value as unknown as Piece}`).toThrow(TypeError)
    expect(() => assignments(users, { username: value as unknown as string })).toThrow(TypeError)
  })
})

test('statements: parts in their order, fields by their names, and times as Date', () => {
  const { sql: text, decoders } = statement(
    { first: sql`select 1`, second: { materialized: sql`select 2` } },
    { fields: { id: u.id, since: u.createdAt }, from: sql`from first` },
  )
  expect(written(text)[0]).toBe(
    'with "first" as (select 1), "second" as materialized (select 2) select "u"."id" as "id", "u"."created_at" as "since" from first',
  )
  const [, [, created] = []] = decoders
  expect(created?.mapFromDriverValue('2026-11-28 12:00:00+00')).toEqual(new Date('2026-11-28T12:00:00Z'))
})

test('insert and set name the columns of the schema', () => {
  const values = {
    username: 'ada',
    email: sql`lower(${'A'})`,
    fullName: 'Ada',
    createdAt: sql`now()`,
    updatedAt: sql`now()`,
  }
  expect(written(insertInto(users, values, { from: sql`from one` }))).toEqual([
    'insert into "lumascope"."users" ("username", "email", "full_name", "created_at", "updated_at") select $1, lower($2), $3, now(), now() from one',
    ['ada', 'A', 'Ada'],
  ])
  expect(written(assignments(users, { fullName: 'Ada', disabledAt: null }))).toEqual([
    '"full_name" = $1, "disabled_at" = $2',
    ['Ada', null],
  ])
})

describe('a statement that is built once', () => {
  type Values = { id: number; name: string | null; now: Date }
  let built = 0
  const find = buildOnce(({ id, name, now }: Placeholders<Values>) => {
    built += 1
    const who = sql`${u.id} = ${id} and ${u.fullName} = ${name}`
    return statement({}, { fields: { id: u.id }, from: sql`where ${who} and ${u.createdAt} < ${time(now)}` })
  })
  const now = new Date('2026-11-28T12:00:00Z')

  test('has the values of each call, and keeps none for the next', () => {
    const first = find({ id: 1, name: 'Ada', now })
    const second = find({ id: 2, name: null, now })
    const text =
      'select "u"."id" as "id" where "u"."id" = $1 and "u"."full_name" = $2 and "u"."created_at" < $3::timestamptz'
    expect(written(first.sql)).toEqual([text, [1, 'Ada', '2026-11-28T12:00:00.000Z']])
    expect(written(second.sql)).toEqual([text, [2, null, '2026-11-28T12:00:00.000Z']])
    expect(written(first.sql)[1]).toContain('Ada')
    expect(built).toBe(1)
  })

  test('without one of its values it is a mistake and no SQL', () => {
    expect(() => find({ id: 1, now } as Values)).toThrow(new TypeError('No value for the placeholder name'))
  })
})

import { describe, expect, test } from 'vitest'
import { createTestApp, newPerson } from '../support/test-app.ts'

const app = await createTestApp()
const { post, database, hasher } = app

const administrator = await app.register()
await database.sql("insert into user_roles values ($1, 'admin')", [administrator.id])
const asAdministrator = app.as(await app.signIn(administrator))
const other = await app.register()
const send =
  (method: string, path: string) =>
  async (line: string, member: string, rest: object = {}) =>
    await asAdministrator.send(method, path, { [member]: line, ...rest })

/** Every line that somebody writes and somebody else reads. */
const places: [string, string, (line: string) => Promise<Response>][] = [
  ['registering', '/full_name', (full_name) => post('/users', { ...newPerson(), full_name })],
  ['the own profile', '/full_name', (line) => send('PATCH', '/users/me')(line, 'full_name')],
  ['an account', '/full_name', (line) => send('PATCH', `/users/${other.id}`)(line, 'full_name')],
  [
    'a reason',
    '/disabled_reason',
    (line) => send('PATCH', `/users/${other.id}`)(line, 'disabled_reason', { status: 'disabled' }),
  ],
  [
    'a role',
    '/description',
    (line) => send('PUT', '/roles/reader')(line, 'description', { permissions: [] }),
  ],
]

const refused: [string, string[]][] = [
  ['overrides of direction', ['Ada \u202eecalevoL', 'a\u202db']],
  ['embeddings and their ends', ['a\u202ab', 'a\u202bb', 'a\u202cb']],
  ['isolates', ['\u2066a', 'a\u2067b', 'a\u2068b', 'a\u2069']],
  ['marks of direction', ['a\u200eb', 'a\u200fb', 'a\u061cb']],
  ['separators of lines and paragraphs', ['a\u2028b', 'a\u2029b']],
  ['what never is a character', ['a\ufdd0', 'a\ufffe', 'a\u{10ffff}', 'a\u{1fffe}']],
  [
    'characters of no width alone',
    ['\u200b', '\u200c\u200d', '\u2060', '\u00ad', '\u034f', '\u180e', '\ufeff\u200b\ufeff'],
  ],
  ['fillers and blanks alone', ['\u3164', '\u115f\u1160', '\uffa0', '\u2800', '\u2800 \u3164']],
  ['marks alone, which would stand over their neighbour', ['\u0301', '\u0335\u0336', '\ufe0f', '\u20dd']],
  ['tags alone', ['\u{e0041}\u{e0042}', '\u{e0100}']],
]

const accepted: [string, string][] = [
  ['Persian with a joiner of no width', 'می\u200cخواهم علی\u200cرضا'],
  ['Sinhala with one that joins', 'ශ්\u200dරී'],
  ['Devanagari', 'क्\u200dष राम'],
  ['a family', '👩\u200d👩\u200d👧 ❤\ufe0f'],
  ['a flag of tags', '🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}'],
  ['an ideographic variant', '辻\u{e0100}さん'],
  ['Hebrew', 'עדה לאבלייס'],
  ['Arabic with marks', 'مُحَمَّد'],
  ['Vietnamese, decomposed', 'Nguye\u0302\u0303n'],
  ['Hangul of jamo', '\u1112\u1161\u11ab'],
  ['Khmer with a space of no width', 'សុខ\u200bសាន្ត'],
  ['private use, as on older Chinese systems', '陳\ue000'],
  ['what no Unicode of today has', '\u0378'],
  ['one letter', 'X'],
  ['digits and signs', '4-real & $ons'],
]

describe.each(places)('a line of %s', (_, pointer, write) => {
  test.each(refused)('can not have %s, and nothing is written (row 106)', async (_name, lines) => {
    hasher.count = 0
    for (const line of lines) {
      await database.roundTrips()
      const response = await write(line)
      expect(response.status, JSON.stringify(line)).toBe(422)
      expect(await response.json()).toMatchObject({
        code: 'validation_failed',
        errors: [{ pointer, detail: expect.stringMatching(/^has /) }],
      })
      // Who is asking is all that was looked up.
      expect((await database.roundTrips()).length).toBeLessThanOrEqual(1)
    }
    expect(hasher.count).toBe(0)
    const [row] = await database.sql('select disabled_at from users where id = $1', [other.id])
    expect(row).toEqual({ disabled_at: null })
  })
})

describe('these names are accepted:', () => {
  test.each(accepted)('%s', async (_, full_name) => {
    const response = await post('/users', { ...newPerson(), full_name })
    expect(response.status, await response.clone().text()).toBe(201)
    expect(await response.json()).toMatchObject({ full_name })
  })
})

test('no refused name is stored', async () => {
  const rows = await database.sql('select full_name from users union select description from roles')
  const text = rows.map(({ full_name }) => full_name).join()
  expect(text).not.toMatch(/[\p{Bidi_Control}\p{Zl}\p{Zp}\u3164\u2800]/u)
  expect(await database.sql("select 1 from roles where name = 'reader'")).toEqual([])
})

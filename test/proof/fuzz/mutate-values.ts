import fc from 'fast-check'
import { type Draft, escaped } from './draft.ts'
import { HOSTILE_STRINGS, LENGTHS } from './hostile-strings.ts'
import type { Change } from './mutations.ts'

type Members = Record<string, unknown>

const membersOf = ({ value }: Draft): Members | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : null

/** Own properties only, `__proto__` among them. */
const withMembers = (draft: Draft, entries: [string, unknown][]): Draft => ({
  ...draft,
  value: Object.fromEntries(entries),
})

/** Changes one member of the body; `at` picks it. A body without members is left as it is. */
function ofMember(
  draft: Draft,
  at: number,
  replace: (name: string, old: unknown) => [string, unknown][],
): Draft {
  const entries = Object.entries(membersOf(draft) ?? {})
  if (entries.length === 0) return draft
  const index = at % entries.length
  return withMembers(
    draft,
    entries.flatMap(([name, old], place) => (place === index ? replace(name, old) : [[name, old]])),
  )
}

const OTHER_TYPES = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, 0, -0, -1, 1.5, 2 ** 31, 2 ** 53 + 1, 1e300, '', [], {}),
  fc.constantFrom<unknown>([[]], [null], ['user', 'user'], [{}], { length: 3 }, { toString: 1 }, [
    'a'.repeat(99),
  ]),
  fc.jsonValue({ maxDepth: 3 }),
)

const NAMES = fc.constantFrom(
  ...['__proto__', 'constructor', 'prototype', 'id', 'roles', 'role', 'status', 'is_admin', 'email_verified'],
  ...['password_hash', 'toString', '', ' ', 'a/b~c', '\u0000', 'é', '0', 'then', 'x'.repeat(500)],
)

const named = (name: string, apply: Change['apply']): Change => ({ name, apply })

/** Members of another type, missing or additional; bodies of another type. */
export const typeMutations: fc.Arbitrary<Change> = fc.oneof(
  fc
    .tuple(fc.nat(9), OTHER_TYPES)
    .map(([at, other]) =>
      named(`member ${at} is ${JSON.stringify(other)}`, (draft) =>
        ofMember(draft, at, (name) => [[name, other]]),
      ),
    ),
  fc.nat(9).map((at) => named(`no member ${at}`, (draft) => ofMember(draft, at, () => []))),
  fc
    .tuple(NAMES, OTHER_TYPES)
    .map(([name, other]) =>
      named(`a member more: ${JSON.stringify(name)}`, (draft) =>
        withMembers(draft, [...Object.entries(membersOf(draft) ?? {}), [name, other]]),
      ),
    ),
  OTHER_TYPES.map((value) => named('another type of body', (draft) => ({ ...draft, value }))),
  fc
    .nat(9)
    .map((at) =>
      named('a member inside itself', (d) => ofMember(d, at, (name, old) => [[name, { [name]: old }]])),
    ),
)

const strings = fc.oneof(
  fc.constantFrom(...HOSTILE_STRINGS),
  fc
    .tuple(fc.constantFrom(...LENGTHS), fc.constantFrom('a', ' ', '\u{1f511}', 'é', '\ufdfa', '-', '%'))
    .map(([length, unit]) => unit.repeat(length)),
  fc.string({ unit: 'binary', maxLength: 40 }),
)

const short = (text: string) => JSON.stringify(text).slice(0, 60)

const placed = (text: string, where: number, old: unknown) => {
  const before = typeof old === 'string' ? old : JSON.stringify(old)
  return [text, before + text, text + before, before.toUpperCase() + text][where] ?? text
}

/** In place of a parameter, added to it, or as one that nobody knows. */
function ofQuery(draft: Draft, at: number, replace: (pair: string) => string[]): Draft {
  const { query } = draft
  const index = at % Math.max(query.length, 1)
  const pairs = query.length > 0 ? query : ['limit=1']
  return { ...draft, query: pairs.flatMap((pair, place) => (place === index ? replace(pair) : [pair])) }
}

const RAW = [
  '%',
  '%zz',
  '%00',
  '%ff',
  '%c0%af',
  '%ed%a0%80',
  '%F0%9F',
  '%250a',
  '+',
  '%2B',
  '%26a%3Db',
  '#',
  '%23',
]
const RAW_PAIRS = [
  '',
  '=',
  '==',
  'a',
  '=a',
  '__proto__=1',
  'a[b]=c',
  'a%00=1',
  'limit=1;b=2',
  'cursor=a=b',
  '%=%',
]

/** Strings at the bounds of what is allowed, in members and in the query. */
export const valueMutations: fc.Arbitrary<Change> = fc.oneof(
  fc
    .tuple(fc.nat(9), strings, fc.nat(3))
    .map(([at, text, where]) =>
      named(`member ${at} has ${short(text)}`, (draft) =>
        ofMember(draft, at, (name, old) => [[name, placed(text, where, old)]]),
      ),
    ),
  fc
    .tuple(fc.nat(9), strings)
    .map(([at, text]) =>
      named(`parameter ${at} is ${short(text)}`, (draft) =>
        ofQuery(draft, at, (pair) => [`${pair.split('=')[0]}=${escaped(text)}`]),
      ),
    ),
  fc
    .tuple(fc.nat(9), fc.constantFrom(...RAW))
    .map(([at, raw]) =>
      named(`parameter ${at} ends with ${raw}`, (draft) => ofQuery(draft, at, (pair) => [pair + raw])),
    ),
  fc
    .tuple(fc.nat(9), fc.integer({ min: 2, max: 50 }))
    .map(([at, times]) =>
      named(`parameter ${at} ${times} times`, (draft) =>
        ofQuery(draft, at, (pair) => new Array<string>(times).fill(pair)),
      ),
    ),
  fc
    .constantFrom(...RAW_PAIRS)
    .map((pair) =>
      named(`a parameter more: ${pair}`, (draft) => ({ ...draft, query: [...draft.query, pair] })),
    ),
  fc
    .constantFrom('seen.next_cursor', 'seen.id', 'self.session', 'self.id')
    .map((name) =>
      named(`a cursor of another list: ${name}`, (draft) => ({ ...draft, query: [`cursor={{${name}}}`] })),
    ),
)

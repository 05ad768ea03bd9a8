import fc from 'fast-check'
import type { Draft } from './draft.ts'
import type { Change } from './mutations.ts'

/** Bytes that are no ASCII, as `Headers` has them: one character a byte. */
const LATIN = 'caf\u00e9\u00ff\u0080'

const TYPES = [
  ...[
    '',
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset=utf-16',
    'text/plain',
  ],
  ...[
    'APPLICATION/JSON',
    ' application/json ; ;;',
    'application/json, text/plain',
    'application/problem+json',
  ],
  ...[
    'application/x-www-form-urlencoded',
    'application/x-www-form-urlencoded; charset=latin1',
    '*/*',
    ';',
    '/',
  ],
  ...[
    'multipart/form-data',
    'multipart/form-data; boundary=',
    'multipart/form-data; boundary="a\\"b"',
    'json',
  ],
  ...[
    'multipart/form-data; boundary=fuzz-boundary; boundary=x',
    `multipart/form-data; boundary=${'b'.repeat(500)}`,
  ],
  `application/json; ${'a=b;'.repeat(2000)}`,
]

const TOKENS = [
  ...[
    '',
    'Bearer',
    'Bearer ',
    'Bearer  x',
    'bearer x',
    'Bearer a b',
    'Bearer a,b',
    'Bearer ..',
    'Bearer a.b.c',
  ],
  ...[
    'Basic',
    'Basic YTpi',
    'Basic !!!',
    'Digest username="a"',
    'DPoP a.b.c',
    'Bearer eyJhbGciOiJub25lIn0.e30.',
  ],
  ...[
    `Bearer ${'a'.repeat(10_000)}`,
    `Bearer ${'.'.repeat(2000)}`,
    `Bearer ${LATIN}`,
    'Bearer\tx',
    'Token x',
    ',',
  ],
  ...[
    'Bearer eyJhbGciOiJIUzI1NiJ9.bnVsbA.AAAA',
    'Bearer bnVsbA.bnVsbA.bnVsbA',
    'Bearer W10.W10.W10',
    '\u00a0x',
  ],
]

const NAME = 'lumascope_8000_'
const COOKIES = [
  ...[
    '',
    ';',
    '=',
    '==',
    'a',
    'a=',
    '=a',
    `${NAME}access`,
    `${NAME}access=`,
    `${NAME}access="x"`,
    '__proto__=1',
  ],
  ...[
    `${NAME}access=a; ${NAME}access=b`,
    `${NAME}refresh=${'r'.repeat(4000)}`,
    `${NAME}device=%00`,
    'a=%zz; b=%',
  ],
  ...[`${NAME}refresh=a; ${NAME}device=a`, `__Host-lumascope_access=a`, `a=${LATIN}`, 'a=1;'.repeat(3000)],
  ...[`${NAME}device=a.b.c.d; ${NAME}device=e`, `${NAME}refresh=;${NAME}refresh=x`, `${NAME}access=a.b.c`],
]

const OTHERS: Record<string, string[]> = {
  'Content-Encoding': ['gzip', 'identity', 'br, gzip', '', 'x'.repeat(900), 'Identity', ','],
  'Content-Length': ['0', '1', '-1', '99999999', '1e3', '00', 'a', '1, 1', '+5', '9007199254740993', '0x10'],
  'Transfer-Encoding': ['chunked', 'gzip, chunked', 'identity', 'chunked, chunked'],
  Accept: [
    '*/*',
    'text/html',
    'text/html;q=0',
    'application/xml',
    ';q=',
    '',
    'a/b;q=2',
    `${'a/b,'.repeat(2000)}x`,
  ],
  Origin: [
    'null',
    'http://localhost:3000',
    'https://evil.example',
    '',
    'x',
    'http://[',
    `http://${'a'.repeat(3000)}`,
  ],
  'Sec-Fetch-Site': ['same-origin', 'cross-site', 'none', '', 'x'],
  'If-None-Match': ['*', '"x"', 'W/"x"', '', '*, "x"', '"', 'x'.repeat(2000)],
  'If-Modified-Since': ['Thu, 01 Jan 1970 00:00:00 GMT', 'x', 'Sun, 30 Feb 2099 25:00:00 GMT'],
  Range: ['bytes=0-0', 'bytes=-1', 'bytes=9-1', 'bytes=0-,0-,0-', 'x', 'bytes=99999999999-'],
  'X-Forwarded-For': ['1.2.3.4', '::1', 'x', '', '1.2.3.4, x'.repeat(500), "'"],
  'X-Forwarded-Proto': ['http', 'https', 'x'],
  'CF-Connecting-IP': ['1.2.3.4', 'x', '::ffff:1.2.3.4'],
  Host: ['', 'evil.example', 'localhost:99999', '[', 'a b'],
  Expect: ['100-continue', 'x'],
  'User-Agent': ['', LATIN, 'u'.repeat(9000), '\ufeff'.slice(1), '<script>', "'"],
  'Accept-Language': ['de', '*;q=0.1', 'x'.repeat(5000)],
  Upgrade: ['websocket', 'h2c'],
  'X-HTTP-Method-Override': ['DELETE'],
  'X-Request-Id': ['chosen', LATIN],
  'Access-Control-Request-Method': ['PUT', 'x', ''],
  'Access-Control-Request-Headers': ['x', '*', ','.repeat(3000)],
  Cookie2: ['x'],
  'Accept-Encoding': ['gzip', 'identity;q=0', '*;q=0'],
  Traceparent: ['00-0-0-0', LATIN],
}

const replaced = ({ headers }: Draft, name: string) =>
  headers.filter(([other]) => other.toLowerCase() !== name.toLowerCase())

const shown = (name: string, value: string) => `${name}: ${JSON.stringify(value).slice(0, 60)}`

/** In place of what the request has, or beside it. */
const header = (name: string, values: readonly string[]): fc.Arbitrary<Change> =>
  fc.tuple(fc.constantFrom(...values), fc.boolean()).map(([value, isAdded]) => ({
    name: shown(name, value),
    apply: (draft) => ({
      ...draft,
      headers: [...(isAdded ? draft.headers : replaced(draft, name)), [name, value]],
    }),
  }))

const others = fc.oneof(...Object.entries(OTHERS).map(([name, values]) => header(name, values)))

/** What looks like the caller's own but is damaged by a character. */
const damaged: fc.Arbitrary<Change> = fc
  .tuple(fc.nat(3), fc.nat(400), fc.constantFrom('', 'A', '.', '=', ' ', '\u00e9', ';'))
  .map(([which, at, character]) => ({
    name: `header ${which} damaged at ${at}`,
    apply: (draft) => ({
      ...draft,
      headers: draft.headers.map(([name, value], index) => {
        const place = at % Math.max(value.length, 1)
        const isIt = index === which % draft.headers.length
        return [name, isIt ? value.slice(0, place) + character + value.slice(place + 1) : value]
      }),
    }),
  }))

export const headerMutations: fc.Arbitrary<Change> = fc.oneof(
  { weight: 3, arbitrary: header('Content-Type', TYPES) },
  { weight: 3, arbitrary: header('Authorization', TOKENS) },
  { weight: 3, arbitrary: header('Cookie', COOKIES) },
  { weight: 8, arbitrary: others },
  { weight: 2, arbitrary: damaged },
  fc.nat(3).map(
    (at): Change => ({
      name: `no header ${at}`,
      apply: (draft) => ({ ...draft, headers: draft.headers.filter((_, index) => index !== at) }),
    }),
  ),
  fc.integer({ min: 100, max: 2000 }).map(
    (count): Change => ({
      name: `${count} headers more`,
      apply: (draft) => ({
        ...draft,
        headers: [
          ...draft.headers,
          ...Array.from({ length: count }, (_, index): [string, string] => [`X-${index}`, 'x']),
        ],
      }),
    }),
  ),
)

import fc from 'fast-check'
import { bytesOf, type Draft } from './draft.ts'
import type { Change } from './mutations.ts'

type Bytes = Uint8Array<ArrayBuffer>

const encode = (text: string): Bytes => new TextEncoder().encode(text)

const joined = (...parts: Uint8Array[]): Bytes => new Uint8Array(Buffer.concat(parts))

/** Changes the bytes that the request has by now; without a body, those of an empty object. */
const ofBytes = (name: string, change: (bytes: Bytes) => Bytes): Change => ({
  name: `bytes: ${name}`,
  apply: (draft: Draft) => ({
    ...draft,
    headers: draft.headers.some(([header]) => header === 'Content-Type')
      ? draft.headers
      : [...draft.headers, ['Content-Type', 'application/json']],
    bytes: change(bytesOf(draft) ?? encode('{}')),
  }),
})

/** Sequences that are no UTF-8, or no text: overlong, surrogates, beyond Unicode, cut short, BOMs. */
const SEQUENCES: number[][] = [
  ...[[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82], [0x80]],
  ...[[0], [0xef, 0xbb, 0xbf], [0xff, 0xfe], [0xfe, 0xff], [0x1f, 0x8b, 8, 0], [0x0d, 0x0a], [0x1b], [0x7f]],
]

/** JSON that no serialiser writes, in place of one value. */
const LITERALS = [
  ...[
    '1e999',
    '-1e999',
    '-0',
    '9007199254740993',
    '0.1e-999',
    '1'.repeat(400),
    '"\\ud800"',
    '"\\u0000"',
    'NaN',
  ],
  ...[
    'Infinity',
    "'a'",
    '01',
    '+1',
    '.5',
    '0x1',
    'undefined',
    '"\\x"',
    '"\t"',
    '"a" "b"',
    '//',
    '[,]',
    '[1,]',
  ],
  ...[
    '{"__proto__":{"a":1}}',
    '{"constructor":{"prototype":1}}',
    '"\\ud83d\\ude00"',
    '1E400',
    '{"a":1,"a":2}',
  ],
]

const nested = (depth: number) => [
  '['.repeat(depth) + ']'.repeat(depth),
  `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`,
  '['.repeat(depth),
]

/** The whole body, whatever it was. */
const whole = fc.constantFrom(
  ...[
    '',
    'null',
    '[]',
    '{',
    '}',
    '""',
    '0',
    ' ',
    '\u0000',
    '{"":0}',
    '{"__proto__":null}',
    '&',
    '=',
    '%',
    'a=b&a=b',
  ],
  ...[
    '--fuzz-boundary--',
    '--fuzz-boundary',
    '--fuzz-boundary\r\n\r\n',
    '--\r\n',
    'a=%00',
    'a=%ff',
    '&&&=&',
    '+',
  ],
  '--fuzz-boundary\r\nContent-Disposition: form-data; name="password"; filename="x"\r\n\r\nx\r\n--fuzz-boundary--',
  '--fuzz-boundary\r\nContent-Disposition: form-data\r\n\r\nx\r\n--fuzz-boundary--\r\n',
  ...[1000, 3000, 10_000].flatMap(nested),
  ...[16_383, 16_384, 16_385, 100_000, 1_000_000].map((length) => ' '.repeat(length)),
  `{${Array.from({ length: 1500 }, (_, index) => `"m${index}":1`).join()}}`,
  'a&'.repeat(8000),
)

const text = (change: (json: string) => string) => (bytes: Bytes) =>
  encode(change(new TextDecoder().decode(bytes)))

export const byteMutations: fc.Arbitrary<Change> = fc.oneof(
  fc
    .nat(300)
    .map((length) => ofBytes(`cut after ${length}`, (bytes) => bytes.slice(0, length % (bytes.length + 1)))),
  fc.tuple(fc.nat(300), fc.constantFrom(...SEQUENCES)).map(([at, sequence]) =>
    ofBytes(`${sequence.map((byte) => byte.toString(16))} at ${at}`, (bytes) => {
      const place = at % (bytes.length + 1)
      return joined(bytes.subarray(0, place), new Uint8Array(sequence), bytes.subarray(place))
    }),
  ),
  fc.tuple(fc.nat(300), fc.nat(255)).map(([at, byte]) =>
    ofBytes(`byte ${at} is ${byte}`, (bytes) => {
      const place = at % Math.max(bytes.length, 1)
      return joined(bytes.subarray(0, place), new Uint8Array([byte]), bytes.subarray(place + 1))
    }),
  ),
  fc.uint8Array({ maxLength: 64 }).map((random) => ofBytes('random', () => new Uint8Array(random))),
  whole.map((body) => ofBytes(`all are ${JSON.stringify(body).slice(0, 60)}`, () => encode(body))),
  fc.constantFrom(...LITERALS).map((literal) =>
    ofBytes(
      `the first value is ${literal.slice(0, 40)}`,
      text((json) => json.replace(/:("[^"]*"|[^,}]+)/, () => `:${literal}`)),
    ),
  ),
  fc.constantFrom('null', '"other"', '{}').map((value) =>
    ofBytes(
      'the first member twice',
      text((json) => json.replace(/^\{("[^"]*")/, `{$1:${value},$1`)),
    ),
  ),
  fc.constantFrom(...nested(2500), ...nested(5000)).map((deep) =>
    ofBytes(
      `deep: ${deep.length}`,
      text((json) => json.replace(/:("[^"]*"|[^,}]+)/, () => `:${deep}`)),
    ),
  ),
  fc.constantFrom('x', '}', '\u0000', '{}', '\ufeff').map((more) =>
    ofBytes(
      'more after the end',
      text((j) => j + more),
    ),
  ),
)

import fc from 'fast-check'
import type { Operation } from './document.ts'

/** What is written to a connection; one character a byte. */
export type RawCase = {
  bytes: string
  /** Where the bytes are cut into two writes. */
  split: number
  /** What was done to an honest request. */
  changes: string[]
  /** Its end can be read in two ways: there must be one refusal, and nothing of what was smuggled. */
  isAmbiguous: boolean
}

type Raw = { line: string; headers: string[]; body: string; eol: string }
type Change = { name: string; apply: (raw: Raw) => Raw }

const SMUGGLED = 'GET /health HTTP/1.1\r\nHost: localhost\r\nX-Smuggled: 1\r\n\r\n'

const honest = ({ method, path }: Operation): fc.Arbitrary<Raw> =>
  fc.record({ isKept: fc.boolean(), body: fc.constantFrom('', '{}', '{"email":"a@b.de"}') }).map((drawn) => ({
    line: `${method} ${path.replaceAll(/\{\w+\}/g, '1')} HTTP/1.1`,
    headers: [
      'Host: localhost',
      ...(drawn.isKept ? [] : ['Connection: close']),
      ...(drawn.body ? ['Content-Type: application/json', `Content-Length: ${drawn.body.length}`] : []),
    ],
    body: drawn.body,
    eol: '\r\n',
  }))

const text = ({ line, headers, body, eol }: Raw) => `${[line, ...headers].join(eol)}${eol}${eol}${body}`

/** Request lines, `$M` for the method and `$T` for the path. */
const LINES = [
  ...['', ' ', 'GET', '$M $T', '$M  $T HTTP/1.1', '$M $T  HTTP/1.1', '$M\t$T\tHTTP/1.1', ' $M $T HTTP/1.1'],
  ...[
    '$M $T HTTP/1.1 ',
    '$M $T HTTP/1.2',
    '$M $T HTTP/2.0',
    '$M $T HTTP/0.9',
    '$M $T HTTP/1.0',
    '$M $T http/1.1',
  ],
  ...[
    '$M $T HTTP/1.10',
    '$M $T HTTP/11',
    '$M $T HTTPS/1.1',
    '$M $T FTP/1.1',
    '$M $T RTSP/1.0',
    '$M $T ICE/1.0',
  ],
  ...[
    '$M HTTP/1.1',
    '$M  HTTP/1.1',
    '$M * HTTP/1.1',
    'OPTIONS * HTTP/1.1',
    'CONNECT a:443 HTTP/1.1',
    '$T $M HTTP/1.1',
  ],
  ...[
    'CONNECT $T HTTP/1.1',
    'TRACE $T HTTP/1.1',
    'PRI * HTTP/2.0',
    '$M$T HTTP/1.1',
    'get $T HTTP/1.1',
    '\u0000 / HTTP/1.1',
  ],
  ...['$M http://localhost$T HTTP/1.1', '$M http://evil.example$T HTTP/1.1', '$M http://u:p@h$T HTTP/1.1'],
  ...[
    '$M http:// HTTP/1.1',
    '$M http://[ HTTP/1.1',
    '$M https://a$T HTTP/1.1',
    '$M file:///etc HTTP/1.1',
    '$M x: HTTP/1.1',
  ],
  ...[
    '$M //evil$T HTTP/1.1',
    '$M \\\\a$T HTTP/1.1',
    '$M $T#x HTTP/1.1',
    '$M ?x HTTP/1.1',
    '$M a HTTP/1.1',
    '$M % HTTP/1.1',
  ],
  ...[
    '$M $T\u0000 HTTP/1.1',
    '$M $T\u00ff HTTP/1.1',
    '$M $T\u007f HTTP/1.1',
    '$M $T\u0001 HTTP/1.1',
    '$M $T"<>^`{|} HTTP/1.1',
  ],
  ...[
    '$M $T%00 HTTP/1.1',
    '$M $T\r HTTP/1.1',
    '$M $T\n HTTP/1.1',
    'SEARCH $T HTTP/1.1',
    'M-SEARCH $T HTTP/1.1',
    'X $T HTTP/1.1',
  ],
  `$M $T?${'a'.repeat(9000)} HTTP/1.1`,
  `$M /${'a'.repeat(20_000)} HTTP/1.1`,
  `${'A'.repeat(20_000)} $T HTTP/1.1`,
]

const HEADERS = [
  ...[
    'Host: a',
    'Host:',
    'Host: a b',
    'Host: [',
    'Host: \u00ff',
    'Host: a@b',
    'Host: a:99999',
    'Host: a/b?c#d',
    ': x',
  ],
  ...[
    'X',
    'X y',
    ' X: folded',
    '\tX: folded',
    'X : y',
    'X: a\u0000b',
    'X: a\u0001b',
    'X: a\rb',
    'X: a\nb',
    'X\u00ff: y',
  ],
  ...[
    'X: \u00ff\u0080',
    'X\u0000: y',
    '(X): y',
    'X:',
    'X:y',
    'Cookie: \u00ff=\u00ff',
    'Authorization: Bearer \u00ff\u0080',
  ],
  ...[
    'Expect: 100-continue',
    'Expect: x',
    'Upgrade: h2c',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Connection: x',
  ],
  ...[
    'Connection: keep-alive',
    'Connection: close, keep-alive',
    'Connection: host',
    'Keep-Alive: timeout=-1',
    'TE: x',
  ],
  ...[
    'Trailer: Content-Length',
    'Content-Encoding: gzip',
    'Range: bytes=0-1,5-',
    'HTTP2-Settings: AAMAAABkAAQAAP__',
  ],
  ...[
    'X-Forwarded-For: \u00ff',
    'X-Forwarded-Host: evil',
    'Origin: \u00ff',
    'Content-Type: \u00ff',
    'Proxy: x',
    '__proto__: x',
  ],
  ...[
    'X'.repeat(20_000),
    `X: ${'x'.repeat(17_000)}`,
    `${'x'.repeat(17_000)}: x`,
    `Cookie: ${'a=b; '.repeat(3000)}`,
  ],
]

/** In place of the length: what a parser has to take for one end, and for one only. */
const FRAMINGS: [string[], body: string][] = [
  [['Content-Length: 0'], '{}'],
  [['Content-Length: 100000'], '{}'],
  [['Content-Length: 99999999999999999999'], '{}'],
  [['Content-Length:'], '{}'],
  [['Content-Length: 2', 'Content-Length: 2'], '{}'],
  [['Transfer-Encoding: chunked'], '2\r\n{}\r\n0\r\n\r\n'],
  [['Transfer-Encoding: chunked'], '2;a=b\r\n{}\r\n0\r\nX: y\r\n\r\n'],
  [['Transfer-Encoding: chunked'], `2;${'a'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`],
  [['Transfer-Encoding: chunked'], '2\n{}\n0\n\n'],
  [['Transfer-Encoding: chunked'], '0x2\r\n{}\r\n0\r\n\r\n'],
  [['Transfer-Encoding: chunked'], '-2\r\n{}\r\n0\r\n\r\n'],
  [['Transfer-Encoding: chunked'], 'ffffffffffffffffff\r\n{}'],
  [['Transfer-Encoding: chunked'], '7fffffff\r\n{}'],
  [['Transfer-Encoding: chunked'], '3\r\n{}\r\n0\r\n\r\n'],
  [['Transfer-Encoding: chunked'], '2\r\n{}0\r\n\r\n'],
  [['Transfer-Encoding: chunked'], '2\r\n{}\r\n'],
  [['Transfer-Encoding: chunked'], ''],
  [['Transfer-Encoding: chunked'], `${'1\r\n \r\n'.repeat(3000)}0\r\n\r\n`],
  [['Transfer-Encoding: chunked'], `4e20\r\n${' '.repeat(20_000)}\r\n0\r\n\r\n`],
  [['Transfer-Encoding: chunked'], `0\r\n${'X: y\r\n'.repeat(3000)}\r\n`],
  [['Transfer-Encoding: CHUNKED'], '0\r\n\r\n'],
]

/** RFC 9112 section 6.3: a message whose length is told in two ways, or wrongly, must be refused. */
const AMBIGUOUS: [string[], body: string][] = [
  [['Content-Length: 4', 'Transfer-Encoding: chunked'], `0\r\n\r\n${SMUGGLED}`],
  [['Transfer-Encoding: chunked', 'Content-Length: 4'], `0\r\n\r\n${SMUGGLED}`],
  [['Content-Length: 0', `Content-Length: ${SMUGGLED.length}`], SMUGGLED],
  [[`Content-Length: ${SMUGGLED.length}`, 'Content-Length: 0'], SMUGGLED],
  [[`Content-Length: 0, ${SMUGGLED.length}`], SMUGGLED],
  [['Content-Length: 0x0'], SMUGGLED],
  [['Content-Length: +0'], SMUGGLED],
  [['Content-Length: -1'], SMUGGLED],
  [['Content-Length : 0'], SMUGGLED],
  [['Content-Length: 0 0'], SMUGGLED],
  [['Transfer-Encoding: xchunked'], `0\r\n\r\n${SMUGGLED}`],
  [['Transfer-Encoding: chunked, identity'], `0\r\n\r\n${SMUGGLED}`],
  [['Transfer-Encoding : chunked'], `0\r\n\r\n${SMUGGLED}`],
  [['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], `0\r\n\r\n${SMUGGLED}`],
  [['Transfer-Encoding: \u000bchunked'], `0\r\n\r\n${SMUGGLED}`],
  [['Transfer-Encoding: identity'], SMUGGLED],
  [['X: y\rTransfer-Encoding: chunked'], `0\r\n\r\n${SMUGGLED}`],
]

const framed = (raw: Raw, [lines, body]: [string[], string]): Raw => ({
  ...raw,
  body,
  headers: [...raw.headers.filter((line) => !line.startsWith('Content-Length')), ...lines],
})

const named = (name: string, apply: Change['apply']): Change => ({ name: name.slice(0, 80), apply })

const changes: fc.Arbitrary<Change> = fc.oneof(
  fc.constantFrom(...LINES).map((line) =>
    named(`line ${JSON.stringify(line)}`, (raw) => {
      const [method = '', target = ''] = raw.line.split(' ')
      return { ...raw, line: line.replaceAll('$M', method).replaceAll('$T', target) }
    }),
  ),
  fc.tuple(fc.constantFrom(...HEADERS), fc.boolean()).map(([header, isFirst]) =>
    named(`header ${JSON.stringify(header)}`, (raw) => ({
      ...raw,
      headers: isFirst ? [header, ...raw.headers] : [...raw.headers, header],
    })),
  ),
  fc
    .constantFrom(...FRAMINGS)
    .map((framing) => named(`framing ${JSON.stringify(framing)}`, (raw) => framed(raw, framing))),
  fc
    .constantFrom('\n', '\r', '\n\r', '\r\r\n', '\u0000')
    .map((eol) => named(`lines end with ${JSON.stringify(eol)}`, (raw) => ({ ...raw, eol }))),
  fc.nat(3).map((at) =>
    named(`no header ${at}`, (raw) => ({
      ...raw,
      headers: raw.headers.filter((_, place) => place !== at),
    })),
  ),
  fc.constantFrom(50, 500, 3000).map((count) =>
    named(`${count} headers`, (raw) => ({
      ...raw,
      headers: [...raw.headers, ...new Array<string>(count).fill('A: b')],
    })),
  ),
)

type Edit = { name: string; edit: (bytes: string) => string }

const PREFIXES = [
  ...[
    '\r\n',
    '\r\n\r\n\r\n',
    '\n',
    '\u0000',
    ' ',
    '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003',
  ],
  ...[
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n',
    '\r\n\r\n\u0000\r\nQUIT\n',
    'GET /\r\n',
    '\ufeff'.slice(1),
  ],
]

/** Changes of the bytes themselves. */
const edits: fc.Arbitrary<Edit> = fc.oneof(
  fc.tuple(fc.nat(200), fc.nat(255)).map(([at, byte]) => ({
    name: `byte ${byte} in place of ${at}`,
    edit: (bytes: string) => bytes.slice(0, at) + String.fromCharCode(byte) + bytes.slice(at + 1),
  })),
  fc.tuple(fc.nat(200), fc.nat(255)).map(([at, byte]) => ({
    name: `byte ${byte} at ${at}`,
    edit: (bytes: string) => bytes.slice(0, at) + String.fromCharCode(byte) + bytes.slice(at),
  })),
  fc.nat(200).map((at) => ({
    name: `no byte ${at}`,
    edit: (bytes: string) => bytes.slice(0, at) + bytes.slice(at + 1),
  })),
  fc.nat(200).map((at) => ({ name: `cut after ${at}`, edit: (bytes: string) => bytes.slice(0, at) })),
  fc
    .constantFrom(...PREFIXES)
    .map((prefix) => ({ name: JSON.stringify(prefix), edit: (bytes: string) => prefix + bytes })),
  fc
    .constantFrom(2, 3, 20)
    .map((times) => ({ name: `${times} times`, edit: (bytes: string) => bytes.repeat(times) })),
  fc.uint8Array({ minLength: 1, maxLength: 300 }).map((random) => ({
    name: 'random bytes',
    edit: () => String.fromCharCode(...random),
  })),
)

/** Honest requests to the operations, changed in ways that only a socket can send. */
export function rawCases(operations: Operation[]): fc.Arbitrary<RawCase> {
  const base = fc.oneof(...operations.map(honest))
  const hostile = fc
    .record({
      base,
      several: fc.array(changes, { maxLength: 2, size: 'max' }),
      edit: fc.option(edits, { freq: 1 }),
      split: fc.nat(400),
    })
    .map(({ base: raw, several, edit, split }): RawCase => {
      const changed = text(several.reduce((one, { apply }) => apply(one), raw))
      return {
        bytes: edit ? edit.edit(changed) : changed,
        split,
        changes: [...several.map(({ name }) => name), ...(edit ? [edit.name] : [])],
        isAmbiguous: false,
      }
    })
  const ambiguous = fc.record({ base, framing: fc.constantFrom(...AMBIGUOUS), split: fc.nat(400) }).map(
    ({ base: raw, framing, split }): RawCase => ({
      bytes: text(
        framed({ ...raw, headers: raw.headers.filter((line) => !line.startsWith('Connection')) }, framing),
      ),
      split,
      changes: [`framing ${JSON.stringify(framing)}`],
      isAmbiguous: true,
    }),
  )
  return fc.oneof({ weight: 4, arbitrary: hostile }, { weight: 1, arbitrary: ambiguous })
}

import fc from 'fast-check'
import { escaped } from './draft.ts'
import { HOSTILE_STRINGS } from './hostile-strings.ts'
import type { Change } from './mutations.ts'

const METHODS = [
  ...[
    'GET',
    'HEAD',
    'OPTIONS',
    'POST',
    'PUT',
    'PATCH',
    'DELETE',
    'PROPFIND',
    'QUERY',
    'TRACEX',
    'Patch',
    'get',
  ],
  ...['LINK', 'M-SEARCH', 'x', 'ALL', '*', 'POST1', 'A'.repeat(300)],
]

const SUFFIXES = [
  ...[
    '/',
    '//',
    '/.',
    '/..',
    '/../',
    '/%2e%2e',
    '%2f',
    '%5c',
    '%00',
    '%0a',
    '%20',
    '%',
    '%zz',
    '%ff',
    '%e0%80',
  ],
  ...[
    ';x=1',
    '.json',
    '.css',
    '~',
    '\\',
    '/x',
    '/1',
    '/me',
    '%23',
    '%3f',
    '?',
    '??a',
    ':',
    '*',
    '/:id',
    '%2575',
  ],
]

const PREFIXES = [
  '/',
  '//',
  '/.',
  '/..',
  '/auth',
  '/AUTH',
  '/%61uth',
  '/a',
  '/api/v1',
  '/*',
  '\\',
  '/;',
  '/@host',
]

const named = (name: string, apply: (path: string) => string): Change => ({
  name: `path: ${name}`,
  apply: (draft) => ({ ...draft, path: apply(draft.path) }),
})

/** Changes the segment that `at` picks. */
const ofSegment = (path: string, at: number, change: (segment: string) => string) => {
  const segments = path.split('/').slice(1)
  const index = at % segments.length
  return `/${segments.map((segment, place) => (place === index ? change(segment) : segment)).join('/')}`
}

/** Every letter as its escape: `/%75%73...`. */
const asEscapes = (segment: string) =>
  segment.replaceAll(/[a-z]/gi, (letter) => `%${letter.charCodeAt(0).toString(16)}`)

export const pathMutations: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.constantFrom(...METHODS).map(
      (method): Change => ({
        name: `method ${method.slice(0, 20)}`,
        apply: (draft) => ({ ...draft, method }),
      }),
    ),
  },
  fc.constantFrom(...SUFFIXES).map((suffix) => named(`ends with ${suffix}`, (path) => path + suffix)),
  fc.constantFrom(...PREFIXES).map((prefix) => named(`begins with ${prefix}`, (path) => prefix + path)),
  fc
    .nat(4)
    .map((at) => named(`segment ${at} in capitals`, (path) => ofSegment(path, at, (s) => s.toUpperCase()))),
  fc.nat(4).map((at) => named(`segment ${at} escaped`, (path) => ofSegment(path, at, asEscapes))),
  fc.nat(4).map((at) => named(`segment ${at} twice`, (path) => ofSegment(path, at, (s) => `${s}/${s}`))),
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.nat(4), fc.constantFrom(...HOSTILE_STRINGS))
      .map(([at, text]) =>
        named(`segment ${at} is ${JSON.stringify(text).slice(0, 60)}`, (path) =>
          ofSegment(path, at, () => escaped(text)),
        ),
      ),
  },
  fc
    .constantFrom(1000, 8000, 60_000)
    .map((length) => named(`${length} more`, (path) => `${path}/${'a'.repeat(length)}`)),
  fc.constantFrom(300, 5000).map((times) => named(`${times} slashes`, (path) => '/'.repeat(times) + path)),
)

import fc from 'fast-check'
import { FRONTEND, PUBLIC_URL } from '../../support/test-app.ts'
import { nameOf, type Operation, type Parameter } from './document.ts'
import { arbitraryOf, recordOf } from './from-schema.ts'
import { type Caller, ROLES } from './world.ts'

/** A request that can still be changed: mutations take one and return another. */
export type Draft = {
  method: string
  /** As it is sent: escapes are its own. */
  path: string
  /** The parts between `&`, as they are sent. */
  query: string[]
  headers: [name: string, value: string][]
  /** What is serialised as the body; `undefined`: no body. */
  value: unknown
  media: string
  /** Sent in place of `value`. */
  bytes: Uint8Array<ArrayBuffer> | null
}

export type Base = { operation: Operation; caller: Caller; draft: Draft }

/** A valid request to any operation: the more it takes, the more often. */
export const anyBase = (operations: Operation[]): fc.Arbitrary<Base> =>
  fc.oneof(
    ...operations.map((operation) => ({ weight: 2 + inputsOf(operation), arbitrary: baseOf(operation) })),
  )

const inputsOf = ({ parameters, bodies }: Operation): number =>
  parameters.length + Math.max(0, ...bodies.map(([, { properties = {} }]) => Object.keys(properties).length))

/** A valid request to the operation, by any caller. */
function baseOf(operation: Operation): fc.Arbitrary<Base> {
  const { method, bodies, isBodyRequired } = operation
  const values = bodies.map(([media, schema]) =>
    arbitraryOf(schema).map((value): Pick<Draft, 'media' | 'value'> => ({ media, value })),
  )
  const body = fc.oneof(
    ...(isBodyRequired ? [] : [fc.constant({ media: '', value: undefined as unknown })]),
    ...values.map((arbitrary) => ({ weight: 4, arbitrary })),
  )
  return fc
    .record({ caller: callers, path: pathOf(operation), query: queryOf(operation), accept: accepts, body })
    .map(({ caller, path, query, accept, body: { media, value } }) => {
      const negotiated: Draft['headers'] = [
        ['Accept', accept],
        ['Content-Type', value === undefined ? '' : media],
      ]
      const headers = negotiated.filter(([, text]) => text !== '')
      return { operation, caller, draft: { method, path, query, headers, value, media, bytes: null } }
    })
}

const callers: fc.Arbitrary<Caller> = fc.record({
  // Who may do nothing gets the same few answers everywhere.
  who: fc.constantFrom(...ROLES, 'administrator' as const, 'administrator' as const),
  by: fc.constantFrom('bearer', 'cookie'),
})

/** Some answers are pages where a browser asks. */
const accepts = fc.constantFrom('', '', '', '*/*', 'application/json', 'text/html')

const textOf = ({ name, schema }: Parameter) => arbitraryOf(schema, name).map(String)

function pathOf({ path, parameters }: Operation): fc.Arbitrary<string> {
  const inPath = parameters.filter(({ in: place }) => place === 'path')
  const values = fc.record(Object.fromEntries(inPath.map((one) => [one.name, textOf(one)])))
  return values.map((byName) =>
    path.replaceAll(/\{(\w+)\}/g, (_, name: string) => escaped(byName[name] ?? '')),
  )
}

function queryOf({ parameters, path, method }: Operation): fc.Arbitrary<string[]> {
  const others = parameters.filter(({ in: place }) => place !== 'path')
  const unknown = others.find(({ in: place }) => place !== 'query')
  if (unknown) throw new Error(`The fuzzer sends no parameters in ${unknown.in}: ${method} ${path}`)
  const required = others.filter((one) => one.required).map(({ name }) => name)
  const model = Object.fromEntries(others.map((one) => [one.name, textOf(one)]))
  return recordOf(model, required).map((found) =>
    Object.entries(found).map(([name, value]) => `${name}=${escaped(String(value))}`),
  )
}

/** Placeholders stay as they are; half a surrogate pair has no escape. */
export function escaped(text: string): string {
  return text
    .split(/(\{\{[\w.]+\}\})/)
    .map((part) => (part.startsWith('{{') ? part : encodeURIComponent(part.toWellFormed())))
    .join('')
}

/** Adds what says who is calling, and replaces the placeholders. */
export function introduce(
  { caller, draft }: Base,
  credentials: { access_token: string; jar: string },
  fill: (text: string) => string,
): Draft {
  const { who, by } = caller
  const own: Draft['headers'] =
    by === 'bearer'
      ? [['Authorization', `Bearer ${credentials.access_token}`]]
      : [
          ['Cookie', credentials.jar],
          ['Origin', who === 'administrator' ? PUBLIC_URL : FRONTEND],
        ]
  return {
    ...draft,
    path: fill(draft.path),
    query: draft.query.map(fill),
    headers: [...(who === 'nobody' ? [] : own), ...draft.headers],
    value: filled(draft.value, fill),
  }
}

/** A value with the placeholders in its strings replaced. */
export function filled(value: unknown, fill: (text: string) => string): unknown {
  if (typeof value === 'string') return fill(value)
  if (Array.isArray(value)) return value.map((item) => filled(item, fill))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, filled(member, fill)]))
}

const BOUNDARY = 'fuzz-boundary'

/** The bytes of the body; `null` if there is none. */
export function bytesOf({ bytes, value, media }: Draft): Uint8Array<ArrayBuffer> | null {
  if (bytes !== null || value === undefined) return bytes
  const encode = (text: string) => new TextEncoder().encode(text)
  if (media.endsWith('json')) return encode(JSON.stringify(value))
  const isObject = typeof value === 'object' && value !== null
  const fields = (isObject ? Object.entries(value) : [['value', value]]).map(([name, field]) => [
    String(name),
    typeof field === 'string' ? field : JSON.stringify(field),
  ])
  if (media.endsWith('urlencoded')) return encode(String(new URLSearchParams(fields as [string, string][])))
  const parts = fields.map(
    ([name, field]) => `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${field}\r\n`,
  )
  return encode(`${parts.join('')}--${BOUNDARY}--\r\n`)
}

/** @throws TypeError if no `Request` can have such headers, which only a socket can send */
export function toRequest(draft: Draft): Request {
  const { method, path, query } = draft
  const headers = new Headers()
  for (const [name, value] of draft.headers)
    headers.append(name, value === 'multipart/form-data' ? `${value}; boundary=${BOUNDARY}` : value)
  const body = /^(GET|HEAD)$/i.test(method) ? null : bytesOf(draft)
  const target = query.length > 0 ? `${path}?${query.join('&')}` : path
  return new Request(`${PUBLIC_URL}${target}`, { method, headers, body })
}

const SHOWN = 1500

/** A token's end tells nobody anything; how long a hostile header is, does. */
const shortened = (text: string) =>
  text.length <= 200 ? text : `${text.slice(0, 160)}... (${text.length} characters)`

/** A request as somebody would read it. */
export function show({ operation, caller }: Base, draft: Draft): string {
  const bytes = bytesOf(draft)
  const body = bytes && JSON.stringify(new TextDecoder().decode(bytes))
  const target = [draft.path, draft.query.join('&')].filter(Boolean).join('?')
  return [
    `for ${nameOf(operation)}, as ${caller.who}, by ${caller.by}:`,
    `  ${draft.method} ${JSON.stringify(target).slice(0, SHOWN)}`,
    ...draft.headers.map(([name, value]) => `  ${name}: ${shortened(JSON.stringify(value))}`),
    ...(bytes ? [`  ${bytes.length} bytes: ${body?.slice(0, SHOWN)}`] : []),
  ].join('\n')
}

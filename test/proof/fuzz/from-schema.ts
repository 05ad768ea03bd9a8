import fc from 'fast-check'
import type { Schema } from './document.ts'
import { HOSTILE_STRINGS } from './hostile-strings.ts'
import { knownValues } from './known-values.ts'

/** They say nothing about which values are valid. */
const ANNOTATIONS = ['description', 'title', 'examples', 'default']

/** The keywords that each type of value may have here. */
const KEYWORDS: Record<string, string[]> = {
  string: ['minLength', 'maxLength', 'pattern', 'format'],
  integer: ['minimum', 'maximum'],
  number: ['minimum', 'maximum'],
  boolean: [],
  null: [],
  array: ['items', 'minItems', 'maxItems'],
  object: ['properties', 'required', 'additionalProperties', 'propertyNames'],
}

/**
 * Values that a JSON schema allows, as its examples and by chance, and values of the world that exist. A rule
 * that the schema can't express, such as which characters a name may have, is the server's to answer.
 *
 * @param name of the parameter or member, by which values that exist are chosen
 * @throws Error for a keyword that it does not know: a generator that ignored it would miss what it allows
 */
export function arbitraryOf(schema: Schema, name = ''): fc.Arbitrary<unknown> {
  const { anyOf, const: only, enum: several, examples = [] } = schema
  const generated = () => {
    if (anyOf) return fc.oneof(...anyOf.map((one) => arbitraryOf(one, name)))
    if ('const' in schema) return fc.constant(only)
    if (several) return fc.constantFrom(...several)
    const types = [schema.type ?? []].flat()
    if (types.length === 0) return fc.jsonValue()
    return fc.oneof(...types.map((type) => ofType(type, schema, name)))
  }
  assertKnown(schema)
  const [type] = typesOf(schema).filter((one) => one === 'string' || one === 'integer')
  const isFree = several === undefined && !('const' in schema)
  const known = type !== undefined && isFree ? knownValues(name, type) : []
  const sources = [
    { weight: 5, arbitrary: generated() },
    ...(examples.length > 0 ? [{ weight: 1, arbitrary: fc.constantFrom(...examples) }] : []),
    ...(known.length > 0 ? [{ weight: 2, arbitrary: fc.constantFrom(...known) }] : []),
    // Often, so that several members fit each other: an address with its own password.
    ...(known.length > 0 ? [{ weight: 6, arbitrary: fc.constant(known[0]) }] : []),
  ]
  return fc.oneof(...sources)
}

const typesOf = ({ type, anyOf = [] }: Schema): string[] => [
  ...[type ?? []].flat(),
  ...anyOf.flatMap(typesOf),
]

function assertKnown(schema: Schema): void {
  const allowed = new Set([
    ...['type', 'const', 'enum', 'anyOf', ...ANNOTATIONS],
    ...[schema.type ?? []]
      .flat()
      .flatMap((type) => KEYWORDS[type] ?? [`no keyword: ${type} is no type here`]),
    ...(schema.enum || 'const' in schema ? (KEYWORDS['string'] ?? []) : []),
  ])
  const unknown = Object.keys(schema).filter((keyword) => !allowed.has(keyword))
  if (unknown.length === 0) return
  throw new Error(`The fuzzer makes no values for ${unknown.join(', ')}: ${JSON.stringify(schema)}`)
}

function ofType(type: string, schema: Schema, name: string): fc.Arbitrary<unknown> {
  const { minimum = -1000, maximum = 2 ** 31 } = schema
  if (type === 'string') return stringOf(schema)
  if (type === 'integer') return fc.integer({ min: Math.max(minimum, -(2 ** 31)), max: maximum })
  if (type === 'number') return fc.double({ min: minimum, max: maximum, noNaN: true })
  if (type === 'boolean') return fc.boolean()
  if (type === 'null') return fc.constant(null)
  if (type === 'array') return arrayOf(schema, name)
  if (type === 'object') return objectOf(schema)
  throw new Error(`The fuzzer makes no values of the type ${type}`)
}

const arrayOf = ({ items = {}, minItems = 0, maxItems = 5 }: Schema, name: string) =>
  fc.array(arbitraryOf(items, name), { minLength: minItems, maxLength: Math.min(maxItems, minItems + 5) })

function objectOf({ properties = {}, required = [], additionalProperties }: Schema): fc.Arbitrary<unknown> {
  if (Object.keys(properties).length === 0 && additionalProperties !== false)
    return fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 5 })
  const members = Object.entries(properties).map(
    ([name, schema]) => [name, arbitraryOf(schema, name)] as const,
  )
  const honest = Object.entries(properties).map(([name, schema]) => [name, honestOf(schema, name)] as const)
  return fc.oneof(
    { weight: 2, arbitrary: recordOf(Object.fromEntries(members), required) },
    { weight: 1, arbitrary: recordOf(Object.fromEntries(honest), required) },
  )
}

/** What exists, else an example: so that all members of one request fit each other. */
function honestOf(schema: Schema, name: string): fc.Arbitrary<unknown> {
  const [known] = schema.type === 'string' && !schema.enum ? knownValues(name, 'string') : []
  if (known !== undefined && !('const' in schema)) return fc.constant(known)
  return schema.examples ? fc.constantFrom(...schema.examples) : arbitraryOf(schema, name)
}

/** Members by chance; more often few of the optional ones, as each can make the whole invalid. */
export function recordOf<T>(
  model: Record<string, fc.Arbitrary<T>>,
  requiredKeys: string[],
): fc.Arbitrary<Record<string, T>> {
  const all = fc.record(model, { requiredKeys }) as fc.Arbitrary<Record<string, T>>
  const optional = Object.keys(model).filter((name) => !requiredKeys.includes(name))
  if (optional.length === 0) return all
  const few = fc
    .tuple(fc.record(model), fc.option(fc.constantFrom(...optional), { freq: 4 }))
    .map(([drawn, kept]) =>
      Object.fromEntries(
        Object.entries(drawn).filter(([name]) => name === kept || requiredKeys.includes(name)),
      ),
    ) as fc.Arbitrary<Record<string, T>>
  return fc.oneof({ weight: 2, arbitrary: few }, { weight: 1, arbitrary: all })
}

const FORMATS: Record<string, () => fc.Arbitrary<string>> = {
  email: () => fc.emailAddress(),
  uuid: () => fc.uuid(),
  'date-time': () => fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
}

/** A pattern with assertions can't be generated from: its format has to be one of `FORMATS`. */
function stringOf({ minLength = 0, maxLength = 300, pattern, format }: Schema): fc.Arbitrary<string> {
  const known = format === 'password' ? undefined : format
  if (known !== undefined && !FORMATS[known])
    throw new Error(`The fuzzer makes no strings of format ${known}`)
  const expression = pattern === undefined ? null : new RegExp(pattern, 'u')
  const source =
    FORMATS[known ?? '']?.() ??
    (expression
      ? fc.stringMatching(expression)
      : fc.string({ minLength, maxLength: Math.min(maxLength, minLength + 60), unit: 'binary' }))
  const isValid = (text: string) =>
    text.length >= minLength && [...text].length <= maxLength && (expression?.test(text) ?? true)
  const hostile = known === undefined ? HOSTILE_STRINGS.filter(isValid) : []
  if (hostile.length === 0) return source.filter(isValid)
  return fc.oneof(source.filter(isValid), fc.constantFrom(...hostile))
}

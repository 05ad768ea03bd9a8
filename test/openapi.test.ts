import { readFileSync } from 'node:fs'
import { Validator } from '@seriousme/openapi-schema-validator'
import { expect, test } from 'vitest'
import type * as z from 'zod/mini'
import { openapiDocument, openapiText, VARIANTS, variantsText } from '../local/openapi.ts'
import { BODY_EXAMPLES, EXAMPLES } from '../local/openapi-examples.ts'
import packageJson from '../package.json' with { type: 'json' }
import { createRoutes } from '../src/app.ts'
import { ERRORS } from '../src/features.ts'
import { metadataOf } from '../src/http/describe-route.ts'
import { VERSION } from '../src/operations/version.ts'
import { DEFAULT_VARIANT } from './support/test-app.ts'

const { routes } = createRoutes(DEFAULT_VARIANT)

type Schema = {
  $ref?: string
  type?: string
  const?: unknown
  enum?: unknown[]
  examples?: unknown[]
  default?: unknown
  anyOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: unknown
}
type Content = Record<string, { schema?: Schema }>
type Answer = { $ref?: string; description?: string; content?: Content }
type Operation = {
  tags: string[]
  security: object[]
  parameters?: { name: string; in: string; schema: Schema }[]
  requestBody?: { content: Content }
  responses: Record<string, Answer>
}
const document = JSON.parse(openapiText()) as {
  openapi: string
  tags: { name: string }[]
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema>; responses: Record<string, Answer> }
}
const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods))

test('the stored document matches the routes (npm run openapi)', () => {
  expect(readFileSync(new URL('../assets/openapi.json', import.meta.url), 'utf8')).toBe(openapiText())
})

test('the stored variants match the routes of each (npm run openapi)', () => {
  const stored = readFileSync(new URL('../assets/openapi-variants.json', import.meta.url), 'utf8')
  expect(stored).toBe(variantsText())
  expect(VARIANTS).toHaveLength(18)
})

test('the version that the server says is that of package.json', () => {
  expect(VERSION).toBe(packageJson.version)
})

test('it is valid OpenAPI 3.1', async () => {
  const result = await new Validator().validate(openapiDocument() as Record<string, unknown>)
  expect(result.errors).toBeUndefined()
  expect(result.valid).toBe(true)
  expect(document.openapi).toMatch(/^3\.1/)
})

test('it lists every route once, aliases under /auth left out', () => {
  const listed = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  )
  const served = new Set(
    routes.map(({ method, path }) => `${method} ${path.replace(/:(\w+)(\{.*\})?/g, '{$1}')}`),
  )
  for (const name of ['login', 'refresh', 'logout']) served.delete(`POST /auth/${name}`)
  expect(listed.sort()).toEqual([...served].sort())
})

test('it says how each field is limited (ASVS 2.1.1)', () => {
  expect(document.components.schemas['Registration']).toMatchObject({
    required: ['username', 'email', 'full_name', 'password'],
    additionalProperties: false,
    properties: {
      username: { minLength: 3, maxLength: 32, pattern: expect.any(String) },
      email: { maxLength: 254, format: 'email' },
      full_name: { minLength: 1, maxLength: 100 },
      password: { minLength: 8, maxLength: 128, format: 'password' },
    },
  })
})

test('it says who may call, and which errors can come', () => {
  expect(document.paths['/users']?.['post']?.security).toEqual([])
  expect(document.paths['/users/me']?.['get']?.security).toEqual([
    { password: [] },
    { bearer: [] },
    { cookie: [] },
  ])
  expect(Object.keys(document.paths['/users']?.['post']?.responses ?? {})).toEqual(
    expect.arrayContaining(['201', '400', '409', '413', '415', '422', '500', '503']),
  )
  expect(Object.keys(document.paths['/login']?.['post']?.requestBody?.content ?? {})).toEqual([
    'application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
  ])
})

test('a body that is too large or breaks off is refused by every operation that can be sent one', () => {
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, { responses }] of Object.entries(methods)) {
      const hasBody = method !== 'get'
      expect('400' in responses, `400 of ${method} ${path}`).toBe(hasBody)
      expect('413' in responses, `413 of ${method} ${path}`).toBe(hasBody)
    }
  }
})

test('sections come in the order in which people need them, and so do the paths', () => {
  const sections = document.tags.map(({ name }) => name)
  expect(sections).toEqual(['Sign-in', 'Your account', 'Email address', 'Administration', 'Service'])
  const positions = operations.map(({ tags: [tag = ''] }) => sections.indexOf(tag))
  expect(positions.includes(-1)).toBe(false)
  const firsts = Object.values(document.paths).map((methods) =>
    Math.min(...Object.values(methods).map(({ tags: [tag = ''] }) => sections.indexOf(tag))),
  )
  expect(firsts).toEqual(firsts.toSorted())
})

test('each error is described once, with a link to its page', () => {
  const used = new Set<string>()
  for (const { responses } of operations) {
    for (const [status, { $ref, ...rest }] of Object.entries(responses)) {
      if (Number(status) < 400) continue
      expect(rest).toEqual({})
      used.add(String($ref).replace('#/components/responses/', ''))
    }
  }
  expect([...used].sort()).toEqual(Object.keys(document.components.responses).sort())
  for (const [name, { description = '', content }] of Object.entries(document.components.responses)) {
    const codes = [...description.matchAll(/\]\(\/problems\/(\w+)\)/g)].map(([, code = '']) => code)
    expect(codes.join('-or-')).toBe(name)
    expect(Object.keys(ERRORS)).toEqual(expect.arrayContaining(codes))
    expect(content).toEqual({
      'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
    })
  }
})

/** What documentation pages show for a schema, and send when somebody tries an operation. */
function sampleOf(schema: Schema): unknown {
  if (schema.$ref) return sampleOf(document.components.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? {})
  if (schema.examples) return schema.examples[0]
  if (schema.const !== undefined) return schema.const
  if (schema.enum) return schema.enum[0]
  if (schema.default !== undefined) return schema.default
  if (schema.anyOf) return sampleOf(schema.anyOf[0] ?? {})
  if (schema.items) return [sampleOf(schema.items)]
  if (schema.type === 'boolean') return true
  if (!schema.properties) return `a made-up ${schema.type}`
  return Object.fromEntries(Object.entries(schema.properties).map(([name, one]) => [name, sampleOf(one)]))
}

/** The schemas that validate, or that answers are typed by. */
const metadataByRoute = new Map<string, ReturnType<typeof metadataOf>>()
for (const { method, path, handler } of routes) {
  const key = `${method.toLowerCase()} ${path.replace(/:(\w+)(\{.*\})?/g, '{$1}')}`
  metadataByRoute.set(key, { ...metadataByRoute.get(key), ...metadataOf(handler) })
}

test('every sample value is one that the server accepts or sends', () => {
  const problems: string[] = []
  const check = (what: string, schema: z.ZodMiniType, sample: unknown) => {
    const isMadeUp = JSON.stringify(sample).includes('made-up')
    if (isMadeUp || !schema.safeParse(sample).success) problems.push(`${what}: ${JSON.stringify(sample)}`)
  }
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, { parameters = [], requestBody, responses }] of Object.entries(methods)) {
      const { body, query, description } = metadataByRoute.get(`${method} ${path}`) ?? {}
      const json = requestBody?.content['application/json']?.schema
      if (body) check(`${method} ${path}`, body.schema, sampleOf(json ?? {}))
      for (const { name, in: place, schema } of parameters) {
        const sample = sampleOf(schema)
        if (place === 'query' && query) check(`${method} ${path}?${name}`, query, { [name]: sample })
        if (place === 'path') expect(String(sample), `${path}: ${name}`).not.toContain('made-up')
      }
      for (const [status, schema] of Object.entries(description?.responses ?? {})) {
        const shown = responses[status]?.content?.['application/json']?.schema
        if (typeof schema !== 'string') check(`${method} ${path} ${status}`, schema, sampleOf(shown ?? {}))
      }
    }
  }
  expect(problems).toEqual([])
  expect(openapiText()).not.toContain(String(Number.MAX_SAFE_INTEGER))
})

test('no example is for something that is gone', () => {
  const text = openapiText()
  const members = Object.keys(EXAMPLES).map((key) => key.split('.').at(-1) ?? '')
  expect(members.filter((name) => !text.includes(`"${name}"`))).toEqual([])
  expect(Object.keys(document.components.schemas)).toEqual(expect.arrayContaining(Object.keys(BODY_EXAMPLES)))
})

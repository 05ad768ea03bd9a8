import { readFileSync } from 'node:fs'
import { Validator } from '@seriousme/openapi-schema-validator'
import { expect, test } from 'vitest'
import { openapiDocument, openapiText } from '../local/openapi.ts'
import packageJson from '../package.json' with { type: 'json' }
import { routes } from '../src/app.ts'
import { VERSION } from '../src/version.ts'

type Operation = { security: object[]; requestBody?: { content: object }; responses: Record<string, object> }
const document = JSON.parse(openapiText()) as {
  openapi: string
  paths: Record<string, Record<string, Operation>>
  components: {
    schemas: Record<string, { properties?: object; required?: string[]; additionalProperties?: unknown }>
  }
}

test('the stored document is what the routes say (npm run openapi)', () => {
  expect(readFileSync(new URL('../assets/openapi.json', import.meta.url), 'utf8')).toBe(openapiText())
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
    routes.routes.map(({ method, path }) => `${method} ${path.replace(/:(\w+)(\{.*\})?/g, '{$1}')}`),
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
  expect(document.paths['/users/me']?.['get']?.security).toEqual([{ user: [] }])
  expect(Object.keys(document.paths['/users']?.['post']?.responses ?? {})).toEqual(
    expect.arrayContaining(['201', '400', '409', '413', '415', '422', '500', '503']),
  )
  expect(Object.keys(document.paths['/login']?.['post']?.requestBody?.content ?? {})).toEqual([
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'application/json',
  ])
})

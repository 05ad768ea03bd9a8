import { describe, expect, test } from 'vitest'
import { createOpenapiLoader, nameOfVariant } from '../../src/operations/load-openapi.ts'
import { createTestApp, newPerson } from '../support/test-app.ts'

type Schema = { type?: string; required?: string[]; properties: Record<string, object> }
type Document = {
  info: { title: string; description: string }
  paths: Record<string, Record<string, { security: object[]; responses: object; parameters?: object[] }>>
  components: { schemas: Record<string, Schema>; securitySchemes: { cookie: { name: string } } }
}

const SETTINGS = {
  'username, full_name': { username: 'required', full_name: 'required' },
  'username?, full_name': { username: 'optional', full_name: 'required' },
  full_name: { username: 'absent', full_name: 'required' },
  'username, full_name?': { username: 'required', full_name: 'optional' },
  'username?, full_name?': { username: 'optional', full_name: 'optional' },
  'full_name?': { username: 'absent', full_name: 'optional' },
  username: { username: 'required', full_name: 'absent' },
  'username?': { username: 'optional', full_name: 'absent' },
  none: { username: 'absent', full_name: 'absent' },
} as const

const database = (await createTestApp()).database
const appWith = async (variables: Record<string, string>) => await createTestApp({ database, variables })
const documentOf = async (app: Awaited<ReturnType<typeof appWith>>) =>
  (await (await app.request('/openapi.json')).json()) as Document

describe.each(Object.entries(SETTINGS))('ACCOUNT_FIELDS=%s', (ACCOUNT_FIELDS, fields) => {
  test.each(['open', 'closed'] as const)(
    '%s: /openapi.json says which requests are accepted',
    async (REGISTRATION) => {
      const app = await appWith({ ACCOUNT_FIELDS, REGISTRATION })
      const { components, paths } = await documentOf(app)
      const name = REGISTRATION === 'open' ? 'Registration' : 'NewAccount'
      const schema = components.schemas[name] as Schema
      for (const [field, presence] of Object.entries(fields)) {
        expect(Object.hasOwn(schema.properties, field), field).toBe(presence !== 'absent')
        expect(schema.required?.includes(field), field).toBe(presence === 'required')
        for (const change of ['ProfileChange', 'UserChange']) {
          const { properties } = components.schemas[change] as Schema
          expect(Object.hasOwn(properties, field), `${change}.${field}`).toBe(presence !== 'absent')
          expect(JSON.stringify(properties[field] ?? {}).includes('null')).toBe(presence === 'optional')
        }
      }
      expect(Object.hasOwn(schema.properties, 'password')).toBe(REGISTRATION === 'open')
      expect(paths['/users']?.['post']?.security.length).toBe(REGISTRATION === 'open' ? 0 : 3)
      expect(app.config.accountFields).toEqual(fields)
      if (REGISTRATION === 'closed') return
      // And it is the truth: the smallest body that it allows is accepted, and one member fewer is not.
      const person = new Map(Object.entries(newPerson()))
      const smallest = Object.fromEntries(
        (schema.required ?? []).map((member) => [member, person.get(member)]),
      )
      expect((await app.post('/users', smallest)).status).toBe(201)
      for (const member of schema.required ?? []) {
        const entries = Object.entries({ ...smallest, email: `x${person.get('email')}` })
        const rest = Object.fromEntries(entries.filter(([name]) => name !== member))
        expect((await app.post('/users', rest)).status, `without ${member}`).toBe(422)
      }
    },
  )
})

test('it names the product and the cookie of the instance', async () => {
  const local = await appWith({ PRODUCT_NAME: 'Acme Notes' })
  const { info, components } = await documentOf(local)
  expect(info.title).toBe('Acme Notes Auth')
  expect(components.securitySchemes.cookie.name).toBe('acme-notes_8000_access')
  const online = await appWith({ PUBLIC_URL: 'https://auth.example.com', APP_URL: 'https://app.example.com' })
  const document = await documentOf(online)
  expect(document.info.title).toBe('LumaScope Auth')
  expect(document.components.securitySchemes.cookie.name).toBe('__Host-lumascope_access')
})

test('where nobody can register, nothing says that one can', async () => {
  const { info, paths } = await documentOf(await appWith({ REGISTRATION: 'closed' }))
  expect(info.description).not.toContain('register')
  const responses = JSON.stringify(paths['/users']?.['post']?.responses)
  expect(responses).toContain('registration_closed')
  expect(paths['/users']?.['post']?.parameters ?? []).toEqual([])
})

test('it is read once, and a failure is not kept', async () => {
  const asked: string[] = []
  let works = false
  const app = await appWith({})
  const load = createOpenapiLoader({
    config: app.config,
    assets(request) {
      asked.push(new URL(request.url).pathname)
      if (!works) return Promise.resolve(new Response('nothing', { status: 404 }))
      const variants = { [nameOfVariant(app.config)]: { paths: { '/x': null } } }
      return Promise.resolve(
        Response.json(asked.at(-1) === '/openapi.json' ? { paths: { '/x': 1 }, info: {} } : variants),
      )
    },
  })
  expect(await load()).toBeNull()
  works = true
  const first = await load()
  expect(JSON.parse(first?.text ?? '')).toMatchObject({ paths: {}, info: { title: 'LumaScope Auth' } })
  expect(await load()).toBe(first)
  expect(asked).toHaveLength(4)
})

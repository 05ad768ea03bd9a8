/**
 * Sample values for the documentation. Without them, documentation pages make up their own, such as "string",
 * or -9007199254740991 for an integer. They are here and not in the schemas, which are bundled into the
 * Worker.
 * @module
 */

type Schema = {
  type?: string | string[]
  properties?: Record<string, Schema>
  items?: Schema
  anyOf?: Schema[]
  examples?: unknown[]
  enum?: unknown[]
  const?: unknown
  $ref?: string
  format?: string
  pattern?: string
  minimum?: number
  maximum?: number
}
type Parameter = { in: string; name: string; schema: Schema }

/** By the name of a property or parameter, or `Schema.property` if its meaning differs in that schema. */
export const EXAMPLES: Record<string, unknown> = {
  access_token: 'eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhZGFAZXhhbXBsZS5jb20ifQ.c2lnbmF0dXJl',
  actor_id: 1,
  advice: 'An account with this address exists. Sign in, or reset its password.',
  alg: 'ES256',
  app_metadata: { plan: 'pro' },
  'app_metadata.plan': 'pro',
  code: 'email_taken',
  created_at: '2026-11-22T12:00:00.000Z',
  crv: 'P-256',
  current_password: 'correct horse battery staple',
  cursor: '42',
  description: 'Answers questions of customers',
  detail: 'An account with this address exists. Sign in, or reset its password.',
  details: {},
  disabled_reason: 'Sends spam',
  documentation: '/docs',
  email: 'ada@example.com',
  expires_at: '2026-12-22T12:00:00.000Z',
  expires_in: 1800,
  file: 'page.css',
  full_name: 'Ada Lovelace',
  health: '/health',
  id: 42,
  instance: 'urn:uuid:9b2f6c1e-52a7-4d0a-9f0e-1c3d5e7f9a10',
  ip_address: '203.0.113.7',
  kid: '2026-11',
  kty: 'EC',
  last_login_at: '2026-11-24T08:30:00.000Z',
  last_used_at: '2026-11-24T08:30:00.000Z',
  limit: '25',
  name: 'support',
  'About.name': 'LumaScope Auth',
  next_cursor: '42',
  occurred_at: '2026-11-24T08:30:00.000Z',
  openapi: '/openapi.json',
  password: 'correct horse battery staple',
  permissions: ['users:read'],
  pointer: '/email',
  query: 'ada',
  ready: '/ready',
  refresh_token: 'Zm9yIHRoZSBkb2N1bWVudGF0aW9uIG9ubHkuIE5vdCBhIHRva2VuLg',
  refresh_token_expires_in: 604_800,
  role: 'user',
  roles: ['user'],
  round_trip_milliseconds: 7.3,
  session_id: '0f8fad5b-d9cb-469f-a165-70867728950e',
  'Session.id': '0f8fad5b-d9cb-469f-a165-70867728950e',
  since: '2026-11-01T00:00:00Z',
  status: 409,
  title: 'The email address is taken',
  token: 'AQ9_qFvZy0afoWVwhyiZUMqSzl7gmW5vdCBhIHRva2VuLCBmb3IgdGhlIGRvY3VtZW50YXRpb24gb25seS4',
  type: '/problems/email_taken',
  until: '2026-12-01T00:00:00Z',
  updated_at: '2026-11-22T12:00:00.000Z',
  user_metadata: { theme: 'dark' },
  user_agent: 'Mozilla/5.0 (X11; Linux x86_64; rv:146.0) Gecko/20100101 Firefox/146.0',
  user_id: 42,
  username: 'ada',
  version: '0.1.0',
  x: '_8ZNsDpSGZrFnuNbWSbzOTxSh1ZOlXNSQ5Y3Ih6HJpM',
  y: 'AEh3fO2nHFbYJ4jqtyfMIaTJ5cXhSDXOlpyEDOzlSLY',
}

/** Whole bodies, if one with every property would be refused, or is more than anybody sends. */
export const BODY_EXAMPLES: Record<string, object> = {
  Login: { email: 'ada@example.com', password: 'correct horse battery staple' },
  Refresh: { refresh_token: 'Zm9yIHRoZSBkb2N1bWVudGF0aW9uIG9ubHkuIE5vdCBhIHRva2VuLg' },
  Logout: { refresh_token: 'Zm9yIHRoZSBkb2N1bWVudGF0aW9uIG9ubHkuIE5vdCBhIHRva2VuLg' },
  UserChange: { status: 'disabled', disabled_reason: 'Sends spam' },
}

/** Whether documentation pages show a sensible value without an example. */
function showsItself({ type, items, ...schema }: Schema): boolean {
  if (schema.$ref || schema.enum || schema.const !== undefined || schema.examples || schema.properties)
    return true
  if (type === 'array') return items !== undefined && showsItself(items)
  return type === 'boolean'
}

/** Removes the bounds of JavaScript's integers, which Zod adds, and patterns that only repeat the format. */
function withoutNoise(schema: Schema): void {
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum
  if (schema.format === 'date-time' || schema.format === 'uuid') delete schema.pattern
}

/** Adds examples to a schema and its properties. */
function illustrate(schema: Schema, owner: string): void {
  const body = BODY_EXAMPLES[owner]
  withoutNoise(schema)
  for (const branch of schema.anyOf ?? []) withoutNoise(branch)
  if (schema.items) illustrate(schema.items, owner)
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    illustrate(property, `${owner}.${name}`)
    if (showsItself(property) || (body && !Object.hasOwn(body, name))) continue
    const key = [`${owner}.${name}`, name].find((candidate) => Object.hasOwn(EXAMPLES, candidate))
    if (!key) throw new Error(`${owner}.${name} has no example: add one to local/openapi-examples.ts`)
    // In a path or a query everything is a string, ids too.
    property.examples = [property.type === 'string' ? String(EXAMPLES[key]) : EXAMPLES[key]]
  }
  if (body && schema.properties && !schema.examples) schema.examples = [body]
}

/**
 * Adds an example to every property and parameter of a document that would otherwise be shown with a made-up
 * value.
 *
 * @throws Error that names a property without an example
 */
export function addExamples(document: object): void {
  const { components, paths } = document as {
    components: { schemas: Record<string, Schema> }
    paths: Record<string, Record<string, { parameters?: Parameter[] }>>
  }
  for (const [name, schema] of Object.entries(components.schemas)) illustrate(schema, name)
  for (const [path, operations] of Object.entries(paths)) {
    for (const { parameters = [] } of Object.values(operations)) {
      const properties = Object.fromEntries(parameters.map(({ name, schema }) => [name, schema]))
      // The owner of `id` in /users/me/sessions/{id} is a session.
      illustrate({ properties }, path.includes('/sessions/{') ? 'Session' : path)
    }
  }
}

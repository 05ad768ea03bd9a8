import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiParameters,
  type ZodOpenApiPathsObject,
} from 'zod-openapi'
import packageJson from '../package.json' with { type: 'json' }
import { createRoutes } from '../src/app.ts'
import { type ErrorCode, PERMISSIONS, type Permission } from '../src/features.ts'
import { metadataOf, type RouteDescription, type RouteMetadata } from '../src/http/describe-route.ts'
import { nameOfVariant, type Variant } from '../src/operations/load-openapi.ts'
import type { Presence } from '../src/users/feature.ts'
import { addExamples } from './openapi-examples.ts'
import { errorResponses } from './openapi-responses.ts'

const asset = (name: string) => fileURLToPath(new URL(`../assets/${name}`, import.meta.url))

/** The variant of the stored document. */
const DEFAULT: Variant = {
  accountFields: { username: 'required', full_name: 'required' },
  registration: 'open',
}

/** Every variant of the API. */
export const VARIANTS: Variant[] = (['open', 'closed'] as const).flatMap((registration) => {
  const presences: Presence[] = ['required', 'optional', 'absent']
  return presences.flatMap((username) =>
    presences.map((full_name) => ({ accountFields: { username, full_name }, registration })),
  )
})

type QuerySchema = NonNullable<ZodOpenApiParameters['query']>

type Route = { method: string; path: string; metadata: RouteMetadata & { description: RouteDescription } }

/** The sections of the documentation, in the order in which people need them. */
const TAGS: Record<string, string> = {
  'Sign-in': 'An account, and the tokens or cookies of its sessions.',
  'Your account': 'What people can do with their own account, signed in.',
  'Email address': 'To prove an address, to change it, and to undo what was not you. Tokens come by mail.',
  Administration: 'Other people’s accounts, roles and the audit trail. Each operation needs a permission.',
  Service: 'For operators, and for services that verify tokens.',
}

/** The introduction to the documentation. */
function introduction({ accountFields, registration }: Variant): string {
  const identifier = accountFields.username === 'absent' ? 'email address' : 'email address (or username)'
  const first = registration === 'open' ? 'register with `POST /users`, then press' : 'press'
  return [
    'Registration, sign-in and the current user.',
    `To try the operations below, ${first} *Authorize* and enter ${identifier} and password. Or call ` +
      "`POST /login?use_cookies=true`: from then on the browser sends the session's cookies by itself.",
    'Every error is a problem document (RFC 9457, `Problem` under *Schemas*): branch on `code`, show ' +
      '`detail`. Each code has a page.',
  ].join('\n\n')
}

const SECURITY_SCHEMES = {
  // For the documentation page's "Authorize". It is our own sign-in, not an OAuth server's.
  password: {
    type: 'oauth2',
    description:
      'Signs in with `POST /login`. Client and scopes have no effect: an account has its permissions.',
    flows: { password: { tokenUrl: '/login', scopes: PERMISSIONS } },
  },
  bearer: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The `access_token` of `POST /login`.',
  },
  cookie: {
    type: 'apiKey',
    in: 'cookie',
    name: '__Host-lumascope_access',
    description:
      'Set by `POST /login?use_cookies=true` and sent by the browser; no script can read or write it, so ' +
      'there is nothing to enter here.',
  },
} as const

/** The order of the operations of a path. */
const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const

const entryOf = (operations: Record<string, unknown>, name: string) =>
  Object.hasOwn(operations, name) ? [[name, operations[name]] as const] : []

/** The OpenAPI 3.1 document, generated from the schemas that validate and the descriptions of the routes. */
export function openapiDocument(variant: Variant = DEFAULT): object {
  const paths: ZodOpenApiPathsObject = {}
  const order = Object.keys(TAGS)
  const position = ({ metadata }: Route) => order.indexOf(metadata.description.tag)
  for (const route of documentedRoutes(variant).sort((one, other) => position(one) - position(other))) {
    const path = route.path.replace(/:(\w+)(\{.*\})?/g, '{$1}')
    const operations = { ...paths[path], [route.method.toLowerCase()]: operation(route, path) }
    paths[path] = Object.fromEntries(METHODS.flatMap((name) => entryOf(operations, name)))
  }
  const document = createDocument({
    openapi: '3.1.1',
    info: {
      title: 'LumaScope Auth',
      version: packageJson.version,
      description: introduction(variant),
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: { securitySchemes: SECURITY_SCHEMES },
  })
  addExamples(document)
  return document
}

/** One entry a route, with the merged metadata of its handlers. Aliases under `/auth` are left out. */
function documentedRoutes(variant: Variant): Route[] {
  const byRoute = Map.groupBy(createRoutes(variant).routes, ({ method, path }) => `${method} ${path}`)
  const described = new Set<RouteDescription>()
  return [...byRoute.values()].flatMap((handlers) => {
    const metadata: RouteMetadata = Object.assign({}, ...handlers.map(({ handler }) => metadataOf(handler)))
    const { description } = metadata
    const [first] = handlers
    if (!first || !description || described.has(description)) return []
    described.add(description)
    return [{ method: first.method, path: first.path, metadata: { ...metadata, description } }]
  })
}

function operation({ method, metadata, path: pattern }: Route, path: string): ZodOpenApiOperationObject {
  const { description, body, permission } = metadata
  const needs = permission && `Needs the permission \`${permission}\`.`
  const text = [description.description, needs].filter(Boolean).join(' ')
  // User ids have a pattern that allows only digits.
  const ids = new Set([...pattern.matchAll(/:(\w+)\{\[1-9\]/g)].map(([, name]) => name))
  const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    in: 'path' as const,
    name: name ?? '',
    required: true,
    schema: ids.has(name) ? { type: 'integer' as const, minimum: 1 } : { type: 'string' as const },
  }))
  return {
    operationId: operationId(method, path),
    summary: description.summary,
    ...(text && { description: text }),
    tags: [description.tag],
    security: metadata.access === 'anyone' ? [] : securityOf(permission),
    ...(parameters.length > 0 && { parameters }),
    ...(metadata.query && { requestParams: { query: metadata.query as QuerySchema } }),
    ...(body && {
      requestBody: {
        required: !body.optional,
        // JSON first: as a form, the page sends all fields at once, even those that exclude each other.
        content: Object.fromEntries(body.media.toSorted().map((media) => [media, { schema: body.schema }])),
      },
    }),
    responses: responses({ method, path, metadata }),
  }
}

/** `getUsersMe` for `GET /users/me`. */
function operationId(method: string, path: string): string {
  const words = (path === '/' ? '/about' : path).replace(/[^A-Za-z]+(\w?)/g, (_, next: string) =>
    next.toUpperCase(),
  )
  return method.toLowerCase() + words
}

const WITHOUT_BODY: Record<string, string> = { 304: 'Not modified' }

/** The successful responses that the route describes, and its errors by status. */
function responses({
  method,
  metadata: { description, body, query, access, limited, permission },
}: Route): ZodOpenApiOperationObject['responses'] {
  const codes: ErrorCode[] = [
    // Bodies are read before any route runs, whether it wants one or not. Those of GET are not.
    ...(method === 'GET' ? [] : (['malformed_request', 'payload_too_large'] as const)),
    ...(body ? (['unsupported_media_type', 'validation_failed'] as const) : []),
    ...(query && !body ? (['validation_failed'] as const) : []),
    // Requests of signed-in users that change something have a limit.
    ...(limited || (access !== 'anyone' && method !== 'GET') ? (['rate_limited'] as const) : []),
    // A page elsewhere must not use up its visitor's limit.
    ...(limited ? (['overloaded', 'origin_rejected'] as const) : []),
    ...(access === 'anyone' ? [] : (['unauthenticated', 'access_token_expired', 'invalid_token'] as const)),
    ...(permission ? (['forbidden'] as const) : []),
    ...(access === 'anyone' || method === 'GET' ? [] : (['origin_rejected'] as const)),
    ...(description.errors ?? []),
    'internal_error',
    'database_unavailable',
  ]
  const successes = Object.entries(description.responses).map(([status, schema]) => {
    if (schema === '') return [status, { description: WITHOUT_BODY[status] ?? 'Done' }] as const
    const content =
      typeof schema === 'string'
        ? Object.fromEntries(schema.split(/, | or /).map((media) => [media, {}]))
        : {
            'application/json': { schema },
            ...(status === '200' && description.isPageToo && { 'text/html': {} }),
          }
    return [status, { description: 'Success', content }] as const
  })
  return { ...Object.fromEntries(successes), ...errorResponses(codes) }
}

/** Any one of the three is enough. Only OAuth's scheme has scopes. */
function securityOf(permission?: Permission) {
  return [{ password: permission ? [permission] : [] }, { bearer: [] }, { cookie: [] }]
}

/** The document as it is stored; deterministic. */
export function openapiText(): string {
  return `${JSON.stringify(openapiDocument(), null, 2)}\n`
}

/** For each variant, by name, the merge patch (RFC 7396) from the stored document to its own. */
export function variantsText(): string {
  const standard = openapiDocument()
  const patches = VARIANTS.map((variant) => [
    nameOfVariant(variant),
    difference(standard, openapiDocument(variant)) ?? {},
  ])
  // One line a variant, for diffs that can be read.
  const lines = patches.map(([name, patch]) => `${JSON.stringify(name)}: ${JSON.stringify(patch)}`)
  return `{\n${lines.join(',\n')}\n}\n`
}

/** The merge patch that turns `before` into `after`; `undefined` if they are equal. */
function difference(before: unknown, after: unknown): unknown {
  if (isDeepStrictEqual(before, after)) return undefined
  if (!isObject(before) || !isObject(after)) return after
  const removed = Object.keys(before).filter((name) => !Object.hasOwn(after, name))
  const changed = Object.entries(after).map(([name, value]) => [name, difference(before[name], value)])
  return Object.fromEntries([
    ...removed.map((name) => [name, null]),
    ...changed.filter(([, value]) => value !== undefined),
  ])
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

if (import.meta.main) {
  writeFileSync(asset('openapi.json'), openapiText())
  writeFileSync(asset('openapi-variants.json'), variantsText())
}

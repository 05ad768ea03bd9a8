import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiParameters,
  type ZodOpenApiPathsObject,
} from 'zod-openapi'
import packageJson from '../package.json' with { type: 'json' }
import { routes } from '../src/app.ts'
import type { ErrorCode } from '../src/errors.ts'
import { metadataOf, type RouteDescription, type RouteMetadata } from '../src/http/describe.ts'
import { PROBLEMS } from '../src/http/problem.ts'
import { PERMISSIONS } from '../src/permissions.ts'
import { problemPayload } from '../src/service/payloads.ts'

const FILE = fileURLToPath(new URL('../assets/openapi.json', import.meta.url))

type QuerySchema = NonNullable<ZodOpenApiParameters['query']>

type Route = { method: string; path: string; metadata: RouteMetadata & { description: RouteDescription } }

/** The OpenAPI 3.1 document, generated from what validates requests and from what routes say of themselves. */
export function openapiDocument(): object {
  const paths: ZodOpenApiPathsObject = {}
  for (const route of documentedRoutes()) {
    const path = route.path.replace(/:(\w+)(\{.*\})?/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, path) }
  }
  return createDocument({
    openapi: '3.1.1',
    info: {
      title: 'LumaScope Auth',
      version: packageJson.version,
      description: 'Registration, sign-in and the current user. Errors are problem documents (RFC 9457).',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      securitySchemes: {
        // What the documentation page's "Authorize" uses. It is our own sign-in, not an OAuth server's.
        user: { type: 'oauth2', flows: { password: { tokenUrl: '/login', scopes: PERMISSIONS } } },
      },
    },
  })
}

/** One entry a route: what its handlers carry, merged. Aliases under `/auth` are left out. */
function documentedRoutes(): Route[] {
  const byRoute = new Map<string, Route>()
  const described = new Set<object>()
  for (const { method, path, handler } of routes.routes) {
    const metadata = metadataOf(handler)
    if (metadata.description && described.has(metadata.description)) continue
    if (metadata.description) described.add(metadata.description)
    const key = `${method} ${path}`
    const known = byRoute.get(key)
    if (known) Object.assign(known.metadata, metadata)
    else if (metadata.description) {
      byRoute.set(key, { method, path, metadata: { ...metadata, description: metadata.description } })
    }
  }
  return [...byRoute.values()]
}

function operation({ method, metadata, path: pattern }: Route, path: string): ZodOpenApiOperationObject {
  const { description, body, permission } = metadata
  // Ids of users are the ones that a pattern keeps to digits.
  const ids = new Set([...pattern.matchAll(/:(\w+)\{\[1-9\]/g)].map(([, name]) => name))
  const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    in: 'path' as const,
    name: name ?? '',
    required: true,
    schema: ids.has(name) ? { type: 'integer' as const, minimum: 1 } : { type: 'string' as const },
  }))
  return {
    operationId: `${method.toLowerCase()}${path.replace(/[^A-Za-z]+(\w?)/g, (_, next: string) => next.toUpperCase())}`,
    summary: description.summary,
    ...(description.description && { description: description.description }),
    tags: [description.tag],
    security: description.access === 'public' ? [] : [{ user: permission ? [permission] : [] }],
    ...(parameters.length > 0 && { parameters }),
    ...(metadata.query && { requestParams: { query: metadata.query as QuerySchema } }),
    ...(body && {
      requestBody: {
        required: !body.optional,
        content: Object.fromEntries(body.media.map((media) => [media, { schema: body.schema }])),
      },
    }),
    responses: responses({ method, path, metadata }),
  }
}

/** Successes as described; failures by status, with the codes that share it. */
function responses({
  method,
  metadata: { description, body, query, limited, permission },
}: Route): ZodOpenApiOperationObject['responses'] {
  const codes: ErrorCode[] = [
    ...(body
      ? (['malformed_request', 'payload_too_large', 'unsupported_media_type', 'validation_failed'] as const)
      : []),
    ...(query && !body ? (['validation_failed'] as const) : []),
    ...(limited ? (['rate_limited'] as const) : []),
    ...(description.access === 'public'
      ? []
      : (['unauthenticated', 'access_token_expired', 'invalid_token'] as const)),
    ...(permission ? (['forbidden'] as const) : []),
    ...(description.access === 'public' || method === 'GET' ? [] : (['origin_rejected'] as const)),
    ...(description.errors ?? []),
    'internal_error',
    'database_unavailable',
  ]
  const successes = Object.entries(description.responses).map(([status, schema]) => {
    if (status === '204') return [status, { description: 'Done' }] as const
    const content =
      typeof schema === 'string'
        ? Object.fromEntries(schema.split(/, | or /).map((media) => [media, {}]))
        : { 'application/json': { schema } }
    return [status, { description: 'Success', content }] as const
  })
  const failures = Object.entries(Object.groupBy(codes, (code) => String(PROBLEMS[code].status)))
  return Object.fromEntries([
    ...successes,
    ...failures.map(([status, sharing = []]) => [
      status,
      {
        description: sharing.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`).join('; '),
        content: { 'application/problem+json': { schema: problemPayload } },
      },
    ]),
  ])
}

/** The document as it is stored; the same text for the same routes. */
export function openapiText(): string {
  return `${JSON.stringify(openapiDocument(), null, 2)}\n`
}

if (import.meta.main) writeFileSync(FILE, openapiText())

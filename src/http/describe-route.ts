import { createMiddleware } from 'hono/factory'
import type * as z from 'zod/mini'
import type { ErrorCode } from '../errors.ts'
import type { Permission } from '../roles/permissions.ts'
import type { AppEnv } from './context.ts'

/** What the OpenAPI document says of a route beyond its path, its body and its errors' shape. */
export type RouteDescription = {
  summary: string
  description?: string
  tag: string
  /** `public` must be said; everything else needs a guard on the route. */
  access: 'public' | 'user'
  /** Successful answers by status: the schema of the JSON body, or a text where it is not JSON. */
  responses: Record<number, z.ZodMiniType | string>
  /** The error codes the route itself can answer; those that any route can are added for all. */
  errors?: readonly ErrorCode[]
}

/** Where middleware keeps what the OpenAPI document is generated from. */
export const ROUTE_METADATA = Symbol('route metadata')

export type RouteMetadata = {
  description?: RouteDescription
  body?: { schema: z.ZodMiniType; media: readonly string[]; optional: boolean }
  query?: z.ZodMiniType
  guard?: 'user' | 'token'
  permission?: Permission
  /** Whether floods are refused, as by all routes that also have limits of their own. */
  limited?: true
}

/** Attaches metadata to a middleware, which otherwise stays as it is. */
export function withMetadata<M extends object>(middleware: M, metadata: RouteMetadata): M {
  return Object.assign(middleware, { [ROUTE_METADATA]: metadata })
}

/** Documents a route, on the route. It does nothing to a request. */
export function describe(description: RouteDescription) {
  const middleware = createMiddleware<AppEnv>(function describe(_c, next) {
    return next()
  })
  return withMetadata(middleware, { description })
}

/** What `describe`, a validator or a guard left on a handler. */
export function metadataOf(handler: object): RouteMetadata {
  return ROUTE_METADATA in handler ? (handler[ROUTE_METADATA] as RouteMetadata) : {}
}

/**
 * Default deny: a route must either have a guard or say that it is public, or the application does not
 * start. Forgetting the guard is the one mistake here that no type catches.
 */
export function assertEveryRouteDeclaresAccess(
  routes: readonly { method: string; path: string; handler: object }[],
): void {
  // Middleware for every path is registered under ALL.
  const named = routes.filter((route) => route.method !== 'ALL')
  for (const { method, path } of named) {
    const declared = named
      .filter((route) => route.method === method && route.path === path)
      .map((route) => metadataOf(route.handler))
      .some(({ guard, description }) => guard !== undefined || description?.access === 'public')
    if (!declared) throw new Error(`${method} ${path} has no guard and does not say that it is public`)
  }
}

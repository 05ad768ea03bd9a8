import { createMiddleware } from 'hono/factory'
import type * as z from 'zod/mini'
import type { ErrorCode, Permission } from '../features.ts'
import type { AppEnv } from './context.ts'

/**
 * Documents a route for people. Path, callers, body and the shape of errors are read off the route itself.
 */
export type RouteDescription = {
  summary: string
  description?: string
  tag: string
  /** Successful answers by status: the schema of the JSON body; for another content type, its name. */
  responses: Record<number, z.ZodMiniType | string>
  /** The 200 is a page of HTML for clients that prefer one. */
  isPageToo?: true
  /** The error codes of the route itself; those that any route can answer are added to all. */
  errors?: readonly ErrorCode[]
}

/** The property of middleware with the metadata that the OpenAPI document is generated from. */
const ROUTE_METADATA = Symbol('route metadata')

export type RouteMetadata = {
  description?: RouteDescription
  body?: { schema: z.ZodMiniType; media: readonly string[]; optional: boolean }
  query?: z.ZodMiniType
  /** Who may call the route: `anyone()`, `requireToken()`, or `requireUser()` and `requirePermission()`. */
  access?: 'anyone' | 'token' | 'user'
  permission?: Permission
  /** Whether the route has `limitFloods`. */
  limited?: true
}

/** Attaches metadata to a middleware, which otherwise stays as it is. */
export function withMetadata<M extends object>(middleware: M, metadata: RouteMetadata): M {
  return Object.assign(middleware, { [ROUTE_METADATA]: metadata })
}

/** Documents a route, on the route. It does nothing to a request. */
export function describeRoute(description: RouteDescription) {
  const middleware = createMiddleware<AppEnv>(function describeRoute(_c, next) {
    return next()
  })
  return withMetadata(middleware, { description })
}

/** The metadata that `describeRoute`, a validator or a mark of `access/` left on a handler. */
export function metadataOf(handler: object): RouteMetadata {
  const { [ROUTE_METADATA]: metadata = {} }: { [ROUTE_METADATA]?: RouteMetadata } = handler
  return metadata
}

type Handler = { method: string; path: string; handler: object }

/**
 * Default deny: the first handler of every route, and no other, says who may call it, or the application does
 * not start. A forgotten guard is the one mistake here that no type catches; a handler before the guard would
 * run for everybody.
 *
 * @param handlers all handlers in their order, as `app.routes` has them
 * @throws Error that names the route
 */
export function assertEveryRouteIsMarked(handlers: readonly Handler[]): void {
  // `use` registers middleware under ALL, and so do `all` and `mount` their routes, which nothing could mark.
  const unnamed = handlers.find(({ method, path }) => method === 'ALL' && path !== '/*')
  if (unnamed) throw new Error(`${unnamed.path} is served for every method: name the methods`)
  const named = handlers.filter(({ method }) => method !== 'ALL')
  const byRoute = Map.groupBy(named, ({ method, path }) => `${method} ${path}`)
  for (const [route, [first, ...others]] of byRoute) {
    const isMarked = ({ handler }: Handler) => metadataOf(handler).access !== undefined
    if (!first || !isMarked(first)) throw new Error(`${route} does not begin with who may call it`)
    if (others.some(isMarked)) throw new Error(`${route} says twice who may call it`)
  }
}

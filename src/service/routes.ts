import { type Context, Hono } from 'hono'
import { accepts } from 'hono/accepts'
import { html } from 'hono/html'
import { AppError, type ErrorCode } from '../errors.ts'
import type { AppEnv } from '../http/context.ts'
import { describe } from '../http/describe.ts'
import { PROBLEMS } from '../http/problem.ts'
import { healthPayload, problemPagePayload, readinessPayload } from './payloads.ts'
import { ping } from './queries.ts'

const tag = 'Service'

/** How long browsers and proxies may keep the documentation before they ask whether it changed. */
const ASSET_CACHE = 'public, max-age=300'

export const serviceRoutes = new Hono<AppEnv>()
  .get(
    '/health',
    describe({
      summary: 'Whether this instance runs',
      description: 'Touches nothing, the database included.',
      tag,
      access: 'public',
      responses: { 200: healthPayload },
    }),
    (c) => c.json({ status: 'ok' as const }, 200),
  )
  .get(
    '/ready',
    describe({
      summary: 'Whether this instance can serve',
      tag,
      access: 'public',
      responses: { 200: readinessPayload },
    }),
    async (c) => {
      const { db, stopwatch } = c.var.deps
      const start = stopwatch()
      await ping(db)
      const milliseconds = Math.round((stopwatch() - start) * 10) / 10
      return c.json(
        { status: 'ok' as const, database: { status: 'up' as const, round_trip_milliseconds: milliseconds } },
        200,
      )
    },
  )
  .get(
    '/problems/:code',
    describe({
      summary: 'What an error code means',
      description: 'HTML for browsers, JSON for everybody else.',
      tag,
      access: 'public',
      responses: { 200: problemPagePayload },
      errors: ['not_found'],
    }),
    (c) => {
      const code = c.req.param('code')
      if (!Object.hasOwn(PROBLEMS, code)) throw new AppError('not_found')
      const { status, title, advice } = PROBLEMS[code as ErrorCode]
      c.header('Cache-Control', ASSET_CACHE)
      c.header('Vary', 'Accept', { append: true })
      const type = accepts(c, {
        header: 'Accept',
        supports: ['application/json', 'text/html'],
        default: 'application/json',
      })
      if (type !== 'text/html') return c.json({ code, status, title, advice }, 200)
      return c.html(html`<!doctype html>
        <html lang="en">
          <title>${code}</title>
          <h1>${title}</h1>
          <p>${advice}</p>
          <p>Code <code>${code}</code>, HTTP status ${status}.</p>
        </html>`)
    },
  )
  .get(
    '/openapi.json',
    describe({
      summary: 'The OpenAPI description of this API',
      tag,
      access: 'public',
      responses: { 200: 'application/json' },
    }),
    (c) => asset(c, '/openapi.json'),
  )
  .get(
    '/docs',
    describe({
      summary: 'Interactive documentation',
      tag,
      access: 'public',
      responses: { 200: 'text/html' },
    }),
    (c) => asset(c, '/docs/index.html'),
  )
  .get(
    '/docs/:file{[a-z-]+\\.(?:css|js|png)}',
    describe({
      summary: 'What the documentation page loads',
      tag,
      access: 'public',
      responses: { 200: 'text/css, text/javascript or image/png' },
      errors: ['not_found'],
    }),
    (c) => asset(c, `/docs/${c.req.param('file')}`),
  )

/** A static file of this server, under its headers. Conditional requests keep their 304. */
async function asset(c: Context<AppEnv>, path: string): Promise<Response> {
  const { headers } = c.req.raw
  const response = await c.var.deps.assets(new Request(new URL(path, c.req.url), { headers }))
  if (!response.ok && response.status !== 304) throw new AppError('not_found')
  // Copied, since a fetched response can't be given headers.
  const copy = new Response(response.body, response)
  copy.headers.set('Cache-Control', ASSET_CACHE)
  return copy
}

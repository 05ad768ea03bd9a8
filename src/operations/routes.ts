import { type Context, Hono } from 'hono'
import { html } from 'hono/html'
import { anyone } from '../access/anyone.ts'
import { publicKey } from '../crypto/signing-key.ts'
import { AppError } from '../errors.ts'
import { ERRORS, type ErrorCode } from '../features.ts'
import type { AppEnv } from '../http/context.ts'
import { describeRoute } from '../http/describe-route.ts'
import { page, prefersHtml } from '../http/page.ts'
import { toTitle } from './load-openapi.ts'
import {
  aboutPayload,
  healthPayload,
  jwksPayload,
  problemPagePayload,
  readinessPayload,
  toAboutPayload,
  toJwksPayload,
  toReadinessPayload,
} from './payloads.ts'
import { VERSION } from './version.ts'

const tag = 'Service'

/** Five minutes in browsers and proxies, for responses that change only with a deployment. */
const ASSET_CACHE = 'public, max-age=300'

export const serviceRoutes = new Hono<AppEnv>()
  .get(
    '/',
    anyone(),
    describeRoute({
      summary: 'What this is',
      description: 'HTML for browsers, JSON for all other clients.',
      tag,
      responses: { 200: aboutPayload },
      isPageToo: true,
    }),
    (c) => {
      const { config } = c.var.deps
      const about = toAboutPayload({ name: toTitle(config), version: VERSION })
      if (!prefersHtml(c)) return c.json(about, 200)
      const { appUrl } = config
      const body = html`<p>
        This server registers people, signs them in and issues tokens for the application at
        <a href="${appUrl}">${appUrl}</a>.
      </p>
      <dl>
        <dt><a href="${about.documentation}">Documentation</a></dt>
        <dd>every operation, to read and to try</dd>
        <dt><a href="${about.openapi}">OpenAPI document</a></dt>
        <dd>the same for tools</dd>
        <dt><a href="${about.health}">Health</a></dt>
        <dd>whether this instance runs</dd>
        <dt><a href="${about.ready}">Readiness</a></dt>
        <dd>whether its database answers</dd>
      </dl>
      <footer>Version ${about.version}</footer>`
      return c.html(page({ title: about.name, body }))
    },
  )
  .get(
    '/health',
    anyone(),
    describeRoute({
      summary: 'Whether this instance runs',
      description: 'Touches nothing, the database included.',
      tag,
      responses: { 200: healthPayload },
    }),
    (c) => c.json({ status: 'ok' as const }, 200),
  )
  .get(
    '/ready',
    anyone(),
    describeRoute({
      summary: 'Whether this instance can serve',
      tag,
      responses: { 200: readinessPayload },
    }),
    async (c) => {
      const { probe, db, clock } = c.var.deps
      const probed = await probe(db, clock())
      const { milliseconds, failure } = probed
      if (!failure) return c.json(toReadinessPayload(probed), 200)
      const database = { status: 'down', round_trip_milliseconds: milliseconds }
      throw new AppError('database_unavailable', { cause: failure, members: { database } })
    },
  )
  .get(
    '/.well-known/jwks.json',
    anyone(),
    describeRoute({
      summary: 'The public keys that verify our tokens',
      description: 'Empty where tokens are signed with a shared secret. Keep it for five minutes at most.',
      tag,
      responses: { 200: jwksPayload },
    }),
    (c) => {
      c.header('Cache-Control', ASSET_CACHE)
      return c.json(toJwksPayload(c.var.deps.config.signingKeys.flatMap((key) => publicKey(key) ?? [])), 200)
    },
  )
  .get(
    '/problems/:code',
    anyone(),
    describeRoute({
      summary: 'What an error code means',
      description: 'HTML for browsers, JSON for everybody else.',
      tag,
      responses: { 200: problemPagePayload },
      isPageToo: true,
      errors: ['not_found'],
    }),
    (c) => {
      const code = c.req.param('code')
      if (!isErrorCode(code)) throw new AppError('not_found')
      const { status, title, advice } = ERRORS[code]
      c.header('Cache-Control', ASSET_CACHE)
      if (!prefersHtml(c)) return c.json({ code, status, title, advice }, 200)
      const body = html`<p>${advice}</p>
      <dl>
        <dt>Code</dt>
        <dd><code>${code}</code></dd>
        <dt>HTTP status</dt>
        <dd>${status}</dd>
      </dl>
      <footer><a href="/">${toTitle(c.var.deps.config)}</a>, <a href="/docs">documentation</a></footer>`
      return c.html(page({ title, body }))
    },
  )
  .get(
    '/openapi.json',
    anyone(),
    describeRoute({
      summary: 'The OpenAPI description of this API',
      description: 'Of this instance: with the fields of accounts and the kind of registration that it has.',
      tag,
      responses: { 200: 'application/json', 304: '' },
    }),
    async (c) => {
      const openapi = await c.var.deps.openapi()
      if (!openapi) throw new AppError('not_found')
      c.header('Cache-Control', ASSET_CACHE)
      c.header('ETag', openapi.etag)
      if (hasEtag(c.req.header('If-None-Match'), openapi.etag)) return c.body(null, 304)
      return c.body(openapi.text, 200, { 'Content-Type': 'application/json' })
    },
  )
  .get(
    '/docs',
    anyone(),
    describeRoute({
      summary: 'Interactive documentation',
      tag,
      responses: { 200: 'text/html', 304: '' },
    }),
    (c) => asset(c, '/docs/index.html'),
  )
  .get(
    '/docs/:file{[a-z-]+\\.(?:css|js|png)}',
    anyone(),
    describeRoute({
      summary: 'What the documentation page loads',
      tag,
      responses: { 200: 'text/css, text/javascript or image/png', 304: '' },
      errors: ['not_found'],
    }),
    (c) => asset(c, `/docs/${c.req.param('file')}`),
  )

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code)
}

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2 */
function hasEtag(ifNoneMatch: string | undefined, etag: string): boolean {
  const known = (ifNoneMatch ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return known.includes(etag) || known.includes('*')
}

/**
 * Answers with a static file of this server. A conditional request keeps its 304. Ranges are ignored, which
 * RFC 9110 section 14.2 allows: half a document is no use to anybody, and each runtime refuses a bad range in
 * its own way.
 */
async function asset(c: Context<AppEnv>, path: string): Promise<Response> {
  const { method } = c.req.raw
  const headers = new Headers(c.req.raw.headers)
  headers.delete('Range')
  const response = await c.var.deps.assets(new Request(new URL(path, c.req.url), { headers }))
  const found = response.ok || response.status === 304
  // An unread body keeps its file open: enough HEAD requests would use up the process's file descriptors.
  if (!found || method === 'HEAD') await response.body?.cancel()
  if (!found) throw new AppError('not_found')
  // Copied, since the headers of a fetched response can't be changed.
  const copy = new Response(method === 'HEAD' ? null : response.body, response)
  copy.headers.set('Cache-Control', ASSET_CACHE)
  return copy
}

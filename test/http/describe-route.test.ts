import { Hono, type MiddlewareHandler } from 'hono'
import { describe, expect, test } from 'vitest'
import { anyone } from '../../src/access/anyone.ts'
import { requirePermission } from '../../src/access/require-permission.ts'
import { requireToken } from '../../src/access/require-token.ts'
import { requireUser } from '../../src/access/require-user.ts'
import { createRoutes } from '../../src/app.ts'
import { assertEveryRouteIsMarked, describeRoute } from '../../src/http/describe-route.ts'
import { DEFAULT_VARIANT } from '../support/test-app.ts'

const described = describeRoute({ summary: 'Notes', tag: 'Notes', responses: { 204: '' } })
const start = (app: { routes: Hono['routes'] }) => () => assertEveryRouteIsMarked(app.routes)

describe('a route says first, and once, who may call it: the application does not start', () => {
  test('with one that does not say it', () => {
    const app = new Hono().get('/notes', described, (c) => c.body(null, 204))
    expect(start(app)).toThrow('GET /notes does not begin with who may call it')
  })

  test('with one that says it after another handler, which would run for everybody', () => {
    const app = new Hono().get('/notes', described, requireUser(), (c) => c.body(null, 204))
    expect(start(app)).toThrow('GET /notes does not begin with who may call it')
  })

  test.each<[string, MiddlewareHandler, MiddlewareHandler]>([
    ['anyone and a guard', anyone(), requireUser()],
    ['two guards', requirePermission('users:read'), requireToken()],
    ['the same twice', anyone(), anyone()],
  ])('with one that says it twice: %s', (_, first, second) => {
    const app = new Hono().post('/notes', first, described, second, (c) => c.body(null, 204))
    expect(start(app)).toThrow('POST /notes says twice who may call it')
  })

  test('with one method of a path that says it and another that does not', () => {
    const app = new Hono()
      .get('/notes', anyone(), (c) => c.body(null, 204))
      .post('/notes', (c) => c.body(null, 204))
    expect(start(app)).toThrow('POST /notes does not begin with who may call it')
  })

  test('but with any of the four, middleware before them included', () => {
    const app = new Hono()
      .use((_c, next) => next())
      .get('/public', anyone(), (c) => c.body(null, 204))
      .get('/token', requireToken(), (c) => c.body(null, 204))
      .get('/user', requireUser(), (c) => c.body(null, 204))
      .get('/permitted', requirePermission('users:read'), (c) => c.body(null, 204))
    expect(start(app)).not.toThrow()
    expect(start(createRoutes(DEFAULT_VARIANT))).not.toThrow()
  })
})

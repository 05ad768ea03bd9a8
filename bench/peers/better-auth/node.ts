import { serve } from '@hono/node-server'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { Hono } from 'hono'
import { Pool } from 'pg'
import { optionsOf } from './options.ts'

// better-auth on Hono under Node, with `pg`. With MIGRATE=on it makes its tables and ends.
const { DATABASE_URL = '', PORT = '', MIGRATE, ...environment } = process.env
const pool = new Pool({ connectionString: DATABASE_URL, max: 20 })
const options = { ...optionsOf(environment as never), database: pool }
if (MIGRATE === 'on') {
  const { runMigrations } = await getMigrations(options)
  await runMigrations()
  await pool.end()
} else {
  const auth = betterAuth(options)
  const app = new Hono().on(['GET', 'POST'], '/api/auth/*', (c) => auth.handler(c.req.raw))
  serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(PORT) })
}

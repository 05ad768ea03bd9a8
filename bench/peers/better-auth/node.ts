import { serve } from '@hono/node-server'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { Pool } from 'pg'
import { createApp } from './app.ts'
import { optionsOf } from './options.ts'

// better-auth on Hono under Node, with `pg`. With MIGRATE=on it makes its tables and exits.
const { DATABASE_URL = '', PORT = '', MIGRATE, ...environment } = process.env
// Idle connections stay open while other subjects are measured.
const pool = new Pool({ connectionString: DATABASE_URL, max: 20, idleTimeoutMillis: 0 })
const options = { ...optionsOf(environment as never), database: pool }
if (MIGRATE === 'on') {
  const { runMigrations } = await getMigrations(options)
  await runMigrations()
  await pool.end()
} else {
  serve({ fetch: createApp(betterAuth(options)).fetch, hostname: '127.0.0.1', port: Number(PORT) })
}

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Pool } from 'pg'
import { postgresPool } from '../local/pools.ts'
import { startPostgresServer } from '../test/support/postgres-server.ts'
import type { Counts, Ports } from './network.ts'

/**
 * Of the connections that fill and change a database from outside. Our tables are in the schema `lumascope`,
 * those of older checkouts and of the peers in `public`. Our migration makes PostgreSQL end every statement
 * after 2.5 seconds, and filling a database with a million people takes longer.
 */
const OPERATOR = '?options=-c%20search_path%3Dlumascope,public%20-c%20statement_timeout%3D0'

/** A real PostgreSQL behind a simulated network. */
export async function startDatabase() {
  const server = await startPostgresServer()
  const admin = postgresPool(server.url('postgres'))
  const network = await startNetwork(new URL(server.url('x')).port)
  return {
    /** @param fill makes the tables and their rows */
    async create(name: string, fill: (pool: Pool) => unknown) {
      await admin.query(`create database ${name}`)
      const pool = postgresPool(server.url(name) + OPERATOR)
      await fill(pool)
      await pool.end()
    },
    /** Runs a statement as the operator of the database. */
    async sql(name: string, text: string, values: unknown[] = []) {
      const pool = postgresPool(server.url(name) + OPERATOR, 1)
      const { rows } = await pool.query<Record<string, string | null>>(text, values)
      await pool.end()
      return rows
    },
    /** The URL for Neon's HTTP driver. */
    httpUrl: (name: string) => `postgresql://postgres:postgres@localhost:${network.endpoint}/${name}`,
    /** The URL for PostgreSQL's own protocol through the simulated network. */
    wireUrl: (name: string) => `postgresql://postgres:postgres@127.0.0.1:${network.proxy}/${name}`,
    /** The URL for PostgreSQL's own protocol past the simulated network. */
    directUrl: server.url,
    /** The round trips and statements since the last call. */
    async counts(): Promise<Counts> {
      return (await network.control('/counts')).json()
    },
    setRoundTrip: (milliseconds: number) => network.control(`/round-trip/${milliseconds}`, 'PUT'),
    async stop() {
      await network.stop()
      await admin.end()
      await server.stop()
    },
  }
}

async function startNetwork(serverPort: string) {
  const file = fileURLToPath(new URL('network.ts', import.meta.url))
  const child = spawn(process.execPath, [file, serverPort], { stdio: ['pipe', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const failed = exited.then(() => Promise.reject(new Error('The network did not start')))
  const [line] = await Promise.race([once(child.stdout, 'data'), failed])
  failed.catch(() => {})
  const { control, endpoint, proxy }: Ports = JSON.parse(String(line))
  return {
    endpoint,
    proxy,
    control: (path: string, method = 'GET') => fetch(`http://127.0.0.1:${control}${path}`, { method }),
    async stop() {
      child.stdin.end()
      await exited
    },
  }
}

export type Bench = Awaited<ReturnType<typeof startDatabase>>

/** Fills our tables, of this checkout or an older one: each person has one session and three events. */
export async function fillOurs(pool: Pool, people: number): Promise<void> {
  await pool.query(`
    insert into users (username, email, full_name, created_at, updated_at)
    select 'filler' || i, 'filler' || i || '@example.com', 'Filler Person' || i, now(), now()
    from generate_series(1, ${people}) i`)
  await pool.query(`insert into user_roles (user_id, role_name) select id, 'user' from users`)
  await pool.query(`
    insert into sessions (id, user_id, auth_version, created_at, last_used_at, idle_expires_at, expires_at)
    select gen_random_uuid(), id, auth_version, now(), now(), now() + interval '7 days',
      now() + interval '30 days'
    from users`)
  await pool.query(`
    insert into audit_events (occurred_at, type, user_id, actor_id, details)
    select now() - i * interval '1 day', 'signed_in', id, id, '{}' from users, generate_series(1, 3) i`)
  await pool.query('vacuum analyze')
}

/** Fills better-auth's tables, which its own migration made: each person has one account and one session. */
export async function fillBetterAuth(pool: Pool, people: number): Promise<void> {
  await pool.query(`
    insert into "user" (id, name, email, "emailVerified", "createdAt", "updatedAt", role)
    select 'filler' || i, 'Filler Person' || i, 'filler' || i || '@example.com', false, now(), now(), 'user'
    from generate_series(1, ${people}) i`)
  await pool.query(`
    insert into account (id, "accountId", "providerId", "userId", "createdAt", "updatedAt")
    select id, id, 'credential', id, now(), now() from "user"`)
  await pool.query(`
    insert into session (id, token, "userId", "expiresAt", "createdAt", "updatedAt")
    select id, md5(id), id, now() + interval '7 days', now(), now() from "user"`)
  await pool.query('vacuum analyze')
}

/** Fills the only table of the original. */
export async function fillFastApi(pool: Pool, people: number): Promise<void> {
  await pool.query(`
    insert into users (username, email, full_name)
    select 'filler' || i, 'filler' || i || '@example.com', 'Filler Person' || i
    from generate_series(1, ${people}) i`)
  await pool.query('vacuum analyze')
}

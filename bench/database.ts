import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Pool } from 'pg'
import { applyMigrations } from '../local/migrate.ts'
import { postgresPool } from '../local/pools.ts'
import { startPostgresServer } from '../test/support/postgres-server.ts'
import type { Counts } from './network.ts'

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url))

/** A real PostgreSQL with the network in front of it. */
export async function startDatabase() {
  const server = await startPostgresServer()
  const admin = postgresPool(server.url('postgres'))
  const network = await startNetwork(new URL(server.url('x')).port)
  return {
    /** Creates a database and fills it. */
    async create(name: string, fill: (pool: Pool) => Promise<unknown>) {
      await admin.query(`create database ${name}`)
      const pool = postgresPool(server.url(name))
      await fill(pool)
      await pool.end()
    },
    /** Run a statement as whoever operates the database. */
    async sql(name: string, text: string, values: unknown[] = []) {
      const pool = postgresPool(server.url(name), 1)
      const { rows } = await pool.query<Record<string, string | null>>(text, values)
      await pool.end()
      return rows
    },
    /** For those that speak Neon's HTTP. */
    httpUrl: (name: string) => `postgresql://postgres:postgres@localhost:${network.endpoint}/${name}`,
    /** For those that speak PostgreSQL's own protocol, with the network and without. */
    wireUrl: (name: string) => `postgresql://postgres:postgres@127.0.0.1:${network.proxy}/${name}`,
    directUrl: server.url,
    counts: async () => (await (await network.control('/counts')).json()) as Counts,
    setRoundTrip: (milliseconds: number) => network.control(`/round-trip/${milliseconds}`, 'PUT'),
    async stop() {
      await network.stop()
      await admin.end()
      await server.stop()
    },
  }
}

async function startNetwork(serverPort: string) {
  const child = spawn(process.execPath, [here('network.ts'), serverPort], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  const failed = exited.then(() => Promise.reject(new Error('The network did not start')))
  const [line] = (await Promise.race([once(child.stdout, 'data'), failed])) as [Buffer]
  failed.catch(() => {})
  const { control, ...ports } = JSON.parse(String(line)) as Record<'control' | 'endpoint' | 'proxy', number>
  return {
    ...ports,
    control: (path: string, method = 'GET') => fetch(`http://127.0.0.1:${control}${path}`, { method }),
    async stop() {
      child.stdin.end()
      await exited
    },
  }
}

export type Bench = Awaited<ReturnType<typeof startDatabase>>

/** Our tables with so many people, each of whom is signed in somewhere and did three things. */
export async function fillOurs(pool: Pool, people: number): Promise<void> {
  await applyMigrations(pool)
  await pool.query(`
    insert into users (username, email, full_name, created_at, updated_at)
    select 'filler' || i, 'filler' || i || '@example.com', 'Filler Person' || i, now(), now()
    from generate_series(1, ${people}) i`)
  await pool.query(`insert into user_roles (user_id, role_name) select id, 'user' from users`)
  await pool.query(`
    insert into sessions (id, user_id, auth_version, created_at, last_used_at, idle_expires_at, expires_at)
    select gen_random_uuid(), id, auth_version, now(), now(), now() + interval '7 days', now() + interval '30 days'
    from users`)
  await pool.query(`
    insert into audit_events (occurred_at, type, user_id, actor_id, details)
    select now() - i * interval '1 day', 'signed_in', id, id, '{}' from users, generate_series(1, 3) i`)
  await pool.query('vacuum analyze')
}

/** better-auth's tables, which it has made by then, with so many people, each of whom is signed in somewhere. */
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

/** The one table of the design that is replaced. */
export async function fillFastApi(pool: Pool, people: number): Promise<void> {
  await pool.query(`
    insert into users (username, email, full_name)
    select 'filler' || i, 'filler' || i || '@example.com', 'Filler Person' || i from generate_series(1, ${people}) i`)
  await pool.query('vacuum analyze')
}

import { type ChildProcess, spawn } from 'node:child_process'
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
  const network = spawn(process.execPath, [here('network.ts'), new URL(server.url('x')).port], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const [line] = (await once(network.stdout, 'data')) as [Buffer]
  const ports = JSON.parse(String(line)) as { control: number; endpoint: number; proxy: number }
  const control = (path: string, method = 'GET') =>
    fetch(`http://127.0.0.1:${ports.control}${path}`, { method })
  return {
    network: network as ChildProcess,
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
    httpUrl: (name: string) => `postgresql://postgres:postgres@localhost:${ports.endpoint}/${name}`,
    /** For those that speak PostgreSQL's own protocol. */
    wireUrl: (name: string) => `postgresql://postgres:postgres@127.0.0.1:${ports.proxy}/${name}`,
    /** Past the network: for what is not measured. */
    directUrl: server.url,
    counts: async () => (await (await control('/counts')).json()) as Counts,
    setRoundTrip: (milliseconds: number) => control(`/round-trip/${milliseconds}`, 'PUT'),
    async stop() {
      network.stdin?.end()
      await once(network, 'exit')
      await admin.end()
      await server.stop()
    },
  }
}

export type Bench = Awaited<ReturnType<typeof startDatabase>>

/** Our tables with so many people, as they would be after a year. */
export async function fillOurs(pool: Pool, people: number): Promise<void> {
  await applyMigrations(pool)
  await pool.query(`
    insert into users (username, email, full_name, password_hash, created_at, updated_at)
    select 'filler' || i, 'filler' || i || '@example.com', 'Filler Person' || i, null, now(), now()
    from generate_series(1, ${people}) i`)
  await pool.query(`insert into user_roles (user_id, role_name) select id, 'user' from users`)
  await pool.query('vacuum analyze')
}

/** better-auth's tables, which it has made by then, with so many people. */
export async function fillBetterAuth(pool: Pool, people: number): Promise<void> {
  await pool.query(`
    insert into "user" (id, name, email, "emailVerified", "createdAt", "updatedAt", role)
    select 'filler' || i, 'Filler Person' || i, 'filler' || i || '@example.com', false, now(), now(), 'user'
    from generate_series(1, ${people}) i`)
  await pool.query('vacuum analyze')
}

import { sql } from 'drizzle-orm'
import { PgDialect } from 'drizzle-orm/pg-core'
import { type Connect, prepareDatabase } from '../../src/db/client.ts'

type Plan = {
  'Node Type': string
  'Relation Name'?: string
  'Total Cost': number
  'Shared Hit Blocks'?: number
  'Shared Read Blocks'?: number
  Plans?: Plan[]
}

/**
 * The plan of a statement. Statements that write are not executed for it, and have no buffers and time; those
 * that write only the audit event of a read count as reads.
 */
export type Explained = {
  isRead: boolean
  /** Accesses of pages: a page that is read twice counts twice. */
  buffers: number
  milliseconds: number
  /** In the planner's unit. */
  cost: number
  /** The tables of sequential scans. */
  scanned: string[]
}

const dialect = new PgDialect()

/** Like the real one, but explains each statement before it executes it. */
export function explainedConnect(databaseUrl: string): { connect: Connect; statements: Explained[] } {
  const real = prepareDatabase(databaseUrl, { now: () => performance.now() })
  const statements: Explained[] = []
  const connect: Connect = (meter) => {
    const db = real(meter)
    return {
      async execute(statement, options) {
        const isRead = readsOnly(dialect.sqlToQuery(statement).sql)
        const how = isRead ? sql`analyze, buffers, timing off, format json` : sql`format json`
        const { rows } = await db.execute<{ 'QUERY PLAN': [{ Plan: Plan; 'Execution Time'?: number }] }>(
          sql`explain (${how}) ${statement}`,
        )
        for (const { 'QUERY PLAN': plans } of rows) statements.push(toExplained(plans[0], isRead))
        return await db.execute(statement, options)
      },
    }
  }
  return { connect, statements }
}

/** Whether a statement writes nothing but the audit event of its read. */
function readsOnly(statement: string): boolean {
  const rest = statement.replace(
    /insert into (audit_events|rate_limits as r)\b|on conflict \(key\) do update/g,
    '',
  )
  return !/\b(insert into|update|delete from)\b/.test(rest)
}

function toExplained(
  { Plan: plan, ...rest }: { Plan: Plan; 'Execution Time'?: number },
  isRead: boolean,
): Explained {
  return {
    isRead,
    buffers: (plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0),
    milliseconds: rest['Execution Time'] ?? 0,
    cost: plan['Total Cost'],
    scanned: nodesOf(plan).flatMap((node) =>
      node['Node Type'] === 'Seq Scan' ? (node['Relation Name'] ?? []) : [],
    ),
  }
}

function nodesOf(plan: Plan): Plan[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]
}

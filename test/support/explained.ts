import { type Connect, prepareDatabase } from '../../src/db/client.ts'
import { aroundStatements } from './around-statements.ts'

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

/** Like the real one, but explains each statement before it executes it. */
export function explainedConnect(databaseUrl: string): { connect: Connect; statements: Explained[] } {
  const real = prepareDatabase(databaseUrl, { now: () => performance.now() })
  const statements: Explained[] = []
  const explain = async (text: string, params: unknown[]) => {
    const { $client } = real({ roundTrips: 0, milliseconds: 0 }) as unknown as Explaining
    const isRead = readsOnly(text)
    const how = isRead ? 'analyze, buffers, timing off, format json' : 'format json'
    const { rows } = await $client.query(`explain (${how}) ${text}`, params, {})
    for (const { 'QUERY PLAN': plans } of rows) statements.push(toExplained(plans[0], isRead))
  }
  return {
    connect: aroundStatements(real, async (send, _, queries) => {
      for (const { text, params } of queries) await explain(text, params)
      return await send()
    }),
    statements,
  }
}

type Explaining = {
  $client: {
    query(
      text: string,
      params: unknown[],
      options: object,
    ): PromiseLike<{ rows: { 'QUERY PLAN': [{ Plan: Plan; 'Execution Time'?: number }] }[] }>
  }
}

/** Whether a statement writes nothing but the audit event of its read. */
function readsOnly(statement: string): boolean {
  const rest = statement.replace(
    /insert into "lumascope"\."(audit_events|rate_limits)"|on conflict \("key"\) do update/g,
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

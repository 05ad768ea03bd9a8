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
 * What PostgreSQL says of a statement; what writes is not executed for it, so that it touches and takes nothing. Except
 * for what a reading leaves: its event, once an hour.
 */
export type Explained = {
  isRead: boolean
  /** Pages touched, each time they are. */
  buffers: number
  milliseconds: number
  /** In the planner's own unit. */
  cost: number
  /** The tables that are read from end to end. */
  scanned: string[]
}

/** Like the real one, but each statement is explained before it is executed. */
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

/** Whether a statement writes nothing but that it read. */
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

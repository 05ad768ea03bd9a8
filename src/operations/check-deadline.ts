import { statementDeadline } from '../db/client.ts'
import type { AppDeps } from '../deps.ts'

/**
 * Says in the log if the database would go on with a statement that we have given up on: its effect could
 * come after a request was answered 503. Neon's HTTP drops such settings from the connection string; what
 * holds is the role's own.
 *
 * A database that does not answer is `/ready`'s to report.
 */
export async function checkDeadline({
  probe,
  connect,
  config,
  log,
}: Pick<AppDeps, 'probe' | 'connect' | 'config' | 'log'>): Promise<void> {
  const { statementTimeoutMilliseconds: found } = await probe(connect({ roundTrips: 0, milliseconds: 0 }))
  const wanted = statementDeadline(config.databaseTimeoutMilliseconds)
  if (found === null || (found > 0 && found <= wanted)) return
  log({
    event: 'statement_timeout_too_long',
    found_ms: found,
    remedy: `alter role … set statement_timeout = '${wanted}ms', or npm run db:migrate`,
  })
}

import { statementDeadline } from '../db/client.ts'
import type { AppDeps } from '../deps.ts'

/**
 * Warns in the log if the database would go on with a statement that we have given up on: it could take
 * effect after its request was answered 503. Neon's HTTP endpoint drops `statement_timeout` from the
 * connection string, so only the role's own setting has an effect.
 *
 * If the database does not answer, `/ready` reports that; this logs nothing.
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

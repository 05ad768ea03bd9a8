import { statementDeadline } from '../db/client.ts'
import type { AppDeps } from '../deps.ts'

/**
 * Warns in the log if the database would go on with a statement that we have given up on: it could take
 * effect after its request was answered 503. Neon's HTTP endpoint drops `statement_timeout` from the
 * connection string, so only the role's own setting has an effect.
 *
 * @throws the failure if the database does not answer; the schedule logs it
 */
export async function checkDeadline({
  probe,
  clock,
  connect,
  config,
  log,
}: Pick<AppDeps, 'probe' | 'clock' | 'connect' | 'config' | 'log'>): Promise<void> {
  const { statementTimeoutMilliseconds: found, failure } = await probe(
    connect({ roundTrips: 0, milliseconds: 0 }),
    clock(),
  )
  if (found === null) throw failure
  const wanted = statementDeadline(config.databaseTimeoutMilliseconds)
  if (found > 0 && found <= wanted) return
  log({
    event: 'statement_timeout_too_long',
    found_ms: found,
    remedy: `alter role … set statement_timeout = '${wanted}ms', or npm run db:migrate`,
  })
}

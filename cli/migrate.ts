import { parseArgs } from 'node:util'
import { openServer, reason } from '../local/database.ts'
import { applyMigrations, schemaOf } from '../local/migrate.ts'
import { setStatementTimeout } from '../local/statement-timeout.ts'

// `npm run db:migrate`: brings the database of DATABASE_URL to the schema of this checkout, and lets it end
// the statements of the application's role before the application gives up on them. `-- --role NAME`: who
// that is, if it is not the role that migrates.
const url = process.env['DATABASE_URL']
try {
  const { values } = parseArgs({ options: { role: { type: 'string' } } })
  if (!url) throw new Error('DATABASE_URL is missing: the connection string of the database to migrate')
  // Its sessions change with every transaction: a lock of one migrator would be another's, and stay behind.
  if (/-pooler\./.test(URL.parse(url)?.hostname ?? '')) {
    throw new Error('DATABASE_URL is of a connection pooler: take "-pooler" out of its host to migrate')
  }
  const database = await openServer(url)
  try {
    const applied = await applyMigrations(database.pool, {
      schema: schemaOf(process.env),
    })
    console.log(
      `${database.location}: ${applied === 0 ? 'nothing to do' : `${applied} migration(s) applied`}`,
    )
    const timeoutMilliseconds = Number(process.env['DATABASE_TIMEOUT_MILLISECONDS'] || 3000)
    const { role, milliseconds } = await setStatementTimeout(database.pool, {
      timeoutMilliseconds,
      role: values.role,
    })
    console.log(`Statements of the role ${role} end after ${milliseconds} ms`)
  } finally {
    await database.close()
  }
} catch (error) {
  console.error(reason(error))
  process.exitCode = 1
}

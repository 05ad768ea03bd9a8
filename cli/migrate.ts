import { parseArgs } from 'node:util'
import { openServer } from '../local/database.ts'
import { reasonOf } from '../local/error-code.ts'
import { applyMigrations, readSchema } from '../local/migrate.ts'
import { setStatementTimeout } from '../local/statement-timeout.ts'

// `npm run db:migrate` applies the migrations to the database of DATABASE_URL, and sets the statement_timeout
// of the application's role. `-- --role NAME` names that role, if it is not the one that migrates.
const url = process.env['DATABASE_URL']
try {
  const { values } = parseArgs({ options: { role: { type: 'string' } } })
  if (!url) throw new Error('DATABASE_URL is missing: the connection string of the database to migrate')
  // A pooler changes the session with every transaction: the migrator's lock would stay behind in another
  // one.
  if (/-pooler\./.test(URL.parse(url)?.hostname ?? '')) {
    throw new Error('DATABASE_URL is of a connection pooler: take "-pooler" out of its host to migrate')
  }
  const database = await openServer(url)
  try {
    const applied = await applyMigrations(database.pool, {
      schema: readSchema(process.env),
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
  console.error(reasonOf(error))
  process.exitCode = 1
}

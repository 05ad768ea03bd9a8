import { openServer, reason } from '../local/database.ts'
import { applyMigrations } from '../local/migrate.ts'

// `npm run db:migrate`: brings the database of DATABASE_URL to the schema of this checkout.
const url = process.env['DATABASE_URL']
try {
  if (!url) throw new Error('DATABASE_URL is missing: the connection string of the database to migrate')
  // Its sessions change with every transaction: a lock of one migrator would be another's, and stay behind.
  if (/-pooler\./.test(URL.parse(url)?.hostname ?? '')) {
    throw new Error('DATABASE_URL is of a connection pooler: take "-pooler" out of its host to migrate')
  }
  const database = await openServer(url)
  try {
    const applied = await applyMigrations(database.pool)
    console.log(
      `${database.location}: ${applied === 0 ? 'nothing to do' : `${applied} migration(s) applied`}`,
    )
  } finally {
    await database.close()
  }
} catch (error) {
  console.error(reason(error))
  process.exitCode = 1
}

import { readdirSync, readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { generateDrizzleJson } from 'drizzle-kit/api'
import { indexProblems } from '../local/migration-rules.ts'
import { lumascope } from '../src/features/tables.ts'
import { TABLES } from '../src/features.ts'

// `npm run db:check` fails if the schema differs from the newest migration: somebody forgot `npm run
// db:generate`. `drizzle-kit generate` itself is no check: if it has to ask whether a column is new or
// renamed, and there is no terminal, it exits with 0.
const meta = new URL('../drizzle/meta/', import.meta.url)
const newest = readdirSync(meta)
  .filter((file) => file.endsWith('_snapshot.json'))
  .sort()
  .at(-1)

/** A snapshot without its own id and that of its predecessor. */
function content(snapshot: object): object {
  const {
    id: _id,
    prevId: _prevId,
    ...tables
  } = JSON.parse(JSON.stringify(snapshot)) as Record<string, unknown>
  return tables
}

const stored: object = JSON.parse(readFileSync(new URL(newest ?? '', meta), 'utf8'))
if (!isDeepStrictEqual(content(stored), content(generateDrizzleJson({ lumascope, ...TABLES })))) {
  console.error('The schema has changes without a migration. Run: npm run db:generate')
  process.exitCode = 1
}

const drizzle = new URL('../drizzle/', import.meta.url)
for (const file of readdirSync(drizzle).filter((name) => name.endsWith('.sql'))) {
  for (const problem of indexProblems(readFileSync(new URL(file, drizzle), 'utf8'))) {
    console.error(`drizzle/${file}: ${problem}. See CONTRIBUTING.md`)
    process.exitCode = 1
  }
}

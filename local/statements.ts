import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { drizzle } from 'drizzle-orm/neon-http'
import { format } from 'sql-formatter'
import { SAMPLES } from './statement-samples.ts'

export const BOOK = fileURLToPath(new URL('../docs/statements', import.meta.url))

/** Writes the book of statements: the content of each file below `docs/statements`, by its path. */
export async function writeBook(): Promise<Map<string, string>> {
  const files = new Map<string, string>()
  for (const [place, samples] of Object.entries(SAMPLES)) {
    const statements: string[] = []
    for (const [name, send] of Object.entries(samples)) statements.push(await describeSample(name, send))
    files.set(
      `${place}.sql`,
      `-- npm run statements wrote this from src/${place}.\n\n${statements.join('\n')}`,
    )
  }
  return files
}

async function describeSample(name: string, send: (typeof SAMPLES)[string][string]): Promise<string> {
  const texts: string[] = []
  const query = (text: string) => {
    texts.push(text)
    return Promise.resolve({ rows: [], fields: [], rowCount: 0 })
  }
  const client = { query, transaction: (queries: unknown[]) => Promise.all(queries) }
  // Some functions reject a result without rows.
  await send(drizzle({ client: client as never })).catch(() => {})
  const pretty = texts.map((text) => `${format(text, { language: 'postgresql' })};\n`)
  return `-- ${name}\n${pretty.join('\n')}`
}

// `npm run statements`: writes docs/statements, so that SQL can be reviewed, run in psql and explained as it
// is sent.
if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const files = await writeBook()
  for (const entry of readdirSync(BOOK, { withFileTypes: true })) {
    if (entry.isDirectory()) rmSync(join(BOOK, entry.name), { recursive: true })
  }
  for (const [path, text] of files) {
    mkdirSync(dirname(join(BOOK, path)), { recursive: true })
    writeFileSync(join(BOOK, path), text)
  }
}

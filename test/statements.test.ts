import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { getTableName } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { SAMPLES } from '../local/statement-samples.ts'
import { BOOK, writeBook } from '../local/statements.ts'
import { TABLES } from '../src/features.ts'
import { root } from './support/process.ts'

const files = await writeBook()
const NAMES = Object.values(TABLES).map(getTableName).join('|')

describe('docs/statements', () => {
  test('is what the product sends; npm run statements writes it anew', () => {
    const stored = readdirSync(BOOK, { recursive: true, encoding: 'utf8' }).filter((path) =>
      path.endsWith('.sql'),
    )
    expect(stored.sort()).toEqual([...files.keys()].sort())
    for (const [path, text] of files) expect(readFileSync(join(BOOK, path), 'utf8'), path).toBe(text)
  })

  test('has every function that sends a statement', () => {
    const sources = readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' }).filter((path) =>
      /(\.sql|\/queries)\.ts$/.test(path),
    )
    expect(sources.length).toBeGreaterThan(20)
    for (const path of sources) {
      const text = readFileSync(`${root}src/${path}`, 'utf8')
      const senders = [...text.matchAll(/^export (?:async )?function (\w+)\([\s\S]*?^\}/gm)]
        .filter(([body]) => /\bdb\b/.test(body) || /\bdeps: Reading\b/.test(body))
        .map(([, name = '']) => name)
      const sampled = Object.keys(SAMPLES[path.replace(/(\.sql)?\.ts$/, '')] ?? {}).map(
        (name) => name.split(',')[0],
      )
      expect([...new Set(sampled)].sort(), path).toEqual(senders.sort())
    }
  })

  test('names the schema with every table: nothing depends on a search path, nor on the table of an application', () => {
    const unqualified = new RegExp(`\\b(from|join|into|update|using|delete from)\\s+"?(${NAMES})\\b`, 'g')
    for (const [path, text] of files) expect(text.match(unqualified), path).toBeNull()
    expect('insert into "users" ("id")'.match(unqualified)).not.toBeNull()
  })
})

import { readdirSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { type Node, parse } from 'acorn'
import { describe, expect, test } from 'vitest'
import { root } from './support/process.ts'

// Biome counts a template as one line, so a function could hide a screen of SQL. Here all lines count but empty ones.
const MAX_FUNCTION_LINES = 40
const MAX_COLUMNS = 110

const files = ['src', 'local', 'cli'].flatMap((folder) =>
  readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(ts|mjs)$/.test(file) && !file.endsWith('.d.ts'))
    .map((file) => `${folder}/${file}`),
)

type Found = Node & { type: string; body?: Node | Node[] }

const isNode = (value: unknown): value is Found =>
  typeof value === 'object' && value !== null && 'type' in value && 'start' in value

function* functionsOf(node: Found): Generator<Found> {
  if (/Function/.test(node.type)) yield node
  for (const child of Object.values(node).flat()) if (isNode(child)) yield* functionsOf(child)
}

describe.each(files)('%s', (file) => {
  const text = readFileSync(`${root}${file}`, 'utf8')

  test(`has functions of at most ${MAX_FUNCTION_LINES} lines, SQL included, and lines of at most ${MAX_COLUMNS} columns`, () => {
    const code = stripTypeScriptTypes(text, { mode: 'strip' })
    const program = parse(code, { ecmaVersion: 'latest', sourceType: 'module' }) as Found
    const long = [...functionsOf(program)]
      .map(({ start, end }) => text.slice(start, end))
      .filter((source) => source.split('\n').filter((line) => line.trim() !== '').length > MAX_FUNCTION_LINES)
    expect(long).toEqual([])
    expect(text.split('\n').filter((line) => [...line].length > MAX_COLUMNS)).toEqual([])
  })
})

test('a template counts line by line', () => {
  const source = `const f = () => sql\`${'\nselect 1'.repeat(MAX_FUNCTION_LINES)}\``
  const [found] = functionsOf(parse(source, { ecmaVersion: 'latest' }) as Found)
  expect(source.slice(found?.start, found?.end).split('\n').length).toBeGreaterThan(MAX_FUNCTION_LINES)
})

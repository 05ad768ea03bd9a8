import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { root } from './support/process.ts'

const read = (path: string) => readFileSync(`${root}${path}`, 'utf8')

/** The row numbers that a text names: `row 59`, `rows 61, 62`, `rows 4 and 7`. */
const rowsNamed = (text: string) =>
  [...text.matchAll(/\brows? (\d+(?:(?:, | and )\d+)*)\b/g)].flatMap(([, list = '']) =>
    (list.match(/\d+/g) ?? []).map(Number),
  )

/**
 * What a comment says is not tested. A block counts as one where it begins a line: texts hold such signs too.
 */
const withoutComments = (text: string) =>
  text.replace(/^\s*\/\*[\s\S]*?\*\//gm, '').replace(/(^|\s)\/\/ .*$/gm, '')

type Row = { row: number; attack: string; outcome: string; proof: string; files: string[] }
const document = read('docs/security.md')
const rows = [...document.matchAll(/^\| (\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm)].map(
  ([, row, attack = '', outcome = '', proof = '']): Row => ({
    ...{ row: Number(row), attack, outcome, proof },
    files: [...proof.matchAll(/\]\(\.\.\/([^)]+)\)/g)].map(([, path = '']) => path),
  }),
)
const listed = new Map(rows.map(({ row, files }) => [row, files]))

/** Which rows each test file names. */
const named = new Map(
  readdirSync(`${root}test`, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts') && file !== 'security-rows.test.ts')
    .map((file) => `test/${file.replaceAll('\\', '/')}`)
    .map((path) => [path, new Set(rowsNamed(withoutComments(read(path))))]),
)

test('a row is found by its whole number, alone or in a list', () => {
  expect(rowsNamed('at once (row 32)')).toEqual([32])
  expect(rowsNamed('both (rows 3, 14 and 90), then (row 7)')).toEqual([3, 14, 90, 7])
  expect(rowsNamed("'row 1', 'arrow 2', 'row', 'rows of 5', 'row (6)'")).toEqual([1])
  expect(rowsNamed(withoutComments('// row 1\n  /* row 2 */ test("a (row 3)") // row 4'))).toEqual([3])
})

describe('docs/security.md', () => {
  test('has every row once, in order', () => {
    expect(rows.length).toBeGreaterThanOrEqual(90)
    expect(rows.map(({ row }) => row)).toEqual(rows.map((_, index) => index + 1))
    // A line that is spelled another way would not be read at all.
    expect(document.match(/^\| *\d+ *\|/gm)).toHaveLength(rows.length)
  })

  test.each(rows)('row $row ($attack) is tested where it says, or excused', ({ row, proof, files }) => {
    if (proof.startsWith('excused: ')) {
      expect(files).toEqual([])
      expect(proof.slice('excused: '.length).split(' ').length).toBeGreaterThanOrEqual(5)
      return
    }
    expect(files).not.toEqual([])
    const links = files.map((path) => `[${path.slice('test/'.length, -'.test.ts'.length)}](../${path})`)
    expect(proof).toBe(links.join(', '))
    for (const path of files) {
      expect(existsSync(`${root}${path}`), path).toBe(true)
      expect([...(named.get(path) ?? [])], `${path} names no such row`).toContain(row)
    }
  })

  test.each([...named].filter(([, numbers]) => numbers.size > 0))(
    'lists %s with every row that it names',
    (path, numbers) => {
      const missing = [...numbers].filter((row) => !listed.get(row)?.includes(path))
      expect(missing).toEqual([])
    },
  )
})

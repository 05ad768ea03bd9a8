import { expect, it } from 'vitest'
import { pglitePool } from '../../local/pools.ts'
import { newPglite } from '../support/new-pglite.ts'

it('pglitePool answers the first parallel queries each with its own result, as strings', async () => {
  const pglite = await newPglite()
  const pool = pglitePool(pglite)
  // Before any connection exists: this is when a pool of several would open them all at once.
  const results = await Promise.all([1, 2, 3, 4].map((n) => pool.query('select $1::int as n', [n])))
  expect(results.map(({ rows }) => rows)).toEqual([1, 2, 3, 4].map((n) => [{ n: String(n) }]))
  await pool.end()
  await pglite.close()
})

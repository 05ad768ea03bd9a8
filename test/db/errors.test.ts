import { describe, expect, test } from 'vitest'
import { isDatabaseAnswer, violatedUnique } from '../../src/db/errors.ts'

const error = (name: string, code: string, more = {}) =>
  Object.assign(new Error('x'), { name, code, ...more })

describe('what a statement can be rejected with', () => {
  test.each([
    ['NeonDbError', '23505', true],
    ['NeonDbError', '22P02', true],
    ['NeonDbError', '40001', false],
    ['NeonDbError', '57P01', false],
    // A broken pipe in the middle of an answer: five letters, as an SQLSTATE has.
    ['Error', 'EPIPE', false],
    ['Error', 'EPERM', false],
    ['Error', '23505', false],
  ])('%s %s is an answer of the database: %s', (name, code, expected) => {
    expect(isDatabaseAnswer(error(name, code))).toBe(expected)
  })

  test('a violated constraint is named by the driver’s error alone', () => {
    const constraint = 'users_username_key'
    expect(violatedUnique(error('NeonDbError', '23505', { constraint }))).toBe(constraint)
    expect(violatedUnique(error('NeonDbError', '23503', { constraint }))).toBeNull()
    expect(violatedUnique(error('Error', '23505', { constraint }))).toBeNull()
  })
})

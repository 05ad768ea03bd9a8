import { neon, neonConfig } from '@neondatabase/serverless'
import { describe, expect, test } from 'vitest'
import { describeCauses, isDatabaseAnswer, isTimeout, violatedUnique } from '../../src/db/errors.ts'

const error = (name: string, code: string, more = {}) =>
  Object.assign(new Error('x'), { name, code, ...more })

describe('errors of statements', () => {
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

/**
 * What Neon's proxy and its control plane say by themselves, from their source and its documentation's list.
 */
const NEON_SAYS: [string, number, string | undefined][] = [
  ["password authentication failed for user 'canary'", 400, 'auth'],
  ['authentication protocol violation', 400, 'auth'],
  [
    'This IP address 203.0.113.7 is not allowed to connect to this endpoint. Please add it …',
    400,
    'ip_allow',
  ],
  ['This connection is trying to access this endpoint from a blocked network.', 400, 'ip_allow'],
  ['Too many connections to this endpoint. Please try again later.', 500, 'rate_limited'],
  ['Too many connections attempts', 500, 'rate_limited'],
  ['Failed to acquire permit to connect to the database. Too many database …', 500, 'rate_limited'],
  ['Control plane request failed: endpoint is disabled', 400, 'disabled'],
  ['The endpoint has been disabled. Enable it using Neon API and retry.', 400, 'disabled'],
  ['Your account or project has exceeded the compute time quota. Upgrade your plan …', 500, 'quota'],
  ['Your project has exceeded the data transfer quota. Upgrade your plan …', 500, 'quota'],
  ['Control plane request failed: endpoint is temporarily unavailable. Check your quotas …', 500, 'quota'],
  ["Couldn't connect to compute node", 500, 'compute'],
  ['Control plane request failed', 500, 'compute'],
  ['The requested endpoint could not be found, or you don’t have access to it', 400, 'not_found'],
  ['canary: a wording that nobody has seen', 503, undefined],
]

/** What the driver itself rejects with where an answer is this one. */
async function rejection(status: number, body: object): Promise<Error> {
  const before = neonConfig.fetchFunction
  neonConfig.fetchFunction = () => Promise.resolve(new Response(JSON.stringify(body), { status }))
  try {
    const statement = neon('postgresql://u:p@localhost/db').query('select 1')
    return await statement.then(
      () => expect.fail('succeeded'),
      (reason: Error) => reason,
    )
  } finally {
    neonConfig.fetchFunction = before
  }
}

describe('the log has a word and a status for an error of the database’s proxy, never its message', () => {
  test.each(NEON_SAYS)('%s', async (message, status, neonWord) => {
    const caught = await rejection(status, { message, code: '', severity: '', detail: null })
    const described = describeCauses(caught)
    expect(described).toEqual([{ name: 'NeonDbError', ...(neonWord && { neon: neonWord }), status }])
    expect(isDatabaseAnswer(caught)).toBe(false)
    expect(JSON.stringify(described)).not.toMatch(/canary|203\.0/)
  })

  test('PostgreSQL’s messages are never read, as they can quote any value', async () => {
    const message = 'canary: too many connections, quota, authentication, compute'
    const answered = await rejection(400, { message, code: '23505', severity: 'ERROR', constraint: 'c' })
    expect(describeCauses(answered)).toEqual([{ name: 'NeonDbError', code: '23505', constraint: 'c' }])
    const refused = await rejection(500, { message, code: '53300', severity: 'FATAL' })
    expect(describeCauses(refused)).toEqual([{ name: 'NeonDbError', code: '53300', status: 500 }])
  })
})

test.each([
  [
    'our own deadline',
    error('NeonDbError', '', { sourceError: new DOMException('x', 'TimeoutError') }),
    true,
  ],
  ['the database’s', error('NeonDbError', '57014'), true],
  ['a server that shuts down', error('NeonDbError', '57P01'), false],
  ['an error with that code from elsewhere', error('Error', '42501'), false],
])('a statement that was given up on: %s', (_, cause, expected) => {
  expect(isTimeout(new Error('x', { cause }))).toBe(expected)
})

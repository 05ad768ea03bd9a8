import { afterEach, expect, vi } from 'vitest'
import { MAX_ITERATIONS_PER_CALL } from '../../src/crypto/password.ts'
import { forgetTestDatabase } from './test-app.ts'

forgetTestDatabase()

// Production Workers refuse PBKDF2 calls above the cap; Node and local workerd don't. So refuse them here
// with the same error. The files of one worker share its globals: wrap each method once.
const GUARDED = Symbol.for('guarded by the PBKDF2 cap')
for (const method of ['deriveBits', 'deriveKey'] as const) {
  if (GUARDED in crypto.subtle[method]) continue
  const original = crypto.subtle[method].bind(crypto.subtle) as (...args: unknown[]) => Promise<never>
  const guarded = (...args: unknown[]) => {
    const { iterations = 0 } = args[0] as { iterations?: number }
    if (iterations <= MAX_ITERATIONS_PER_CALL) return original(...args)
    const message =
      `Pbkdf2 failed: iteration counts above ${MAX_ITERATIONS_PER_CALL} are not supported ` +
      `(requested ${iterations}).`
    return Promise.reject(new DOMException(message, 'NotSupportedError'))
  }
  Object.assign(guarded, { [GUARDED]: true })
  Object.defineProperty(crypto.subtle, method, { value: guarded, configurable: true })
}

// The product logs through `deps.log`: anything on the console is a mistake, and fails the test.
const printed = (['error', 'warn', 'log'] as const).map((level) => vi.spyOn(console, level))
afterEach(() => {
  const calls = printed.flatMap((spy) => spy.mock.calls)
  for (const spy of printed) spy.mockClear()
  expect(calls, 'unexpected output on the console').toEqual([])
})

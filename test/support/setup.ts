import { afterEach, expect, vi } from 'vitest'
import { MAX_ITERATIONS_PER_CALL } from '../../src/crypto/password.ts'
import { forgetTestDatabase } from './test-app.ts'

forgetTestDatabase()

// Production Workers refuse PBKDF2 calls above the cap; Node and local workerd don't. So the tests do, with
// production's error: a call that could not run there can't pass here.
// (Files of one worker share its globals: once is enough.)
const GUARDED = Symbol.for('guarded by the PBKDF2 cap')
for (const method of ['deriveBits', 'deriveKey'] as const) {
  if (GUARDED in crypto.subtle[method]) continue
  const original = crypto.subtle[method].bind(crypto.subtle) as (...args: unknown[]) => Promise<never>
  const guarded = (...args: unknown[]) => {
    const { iterations = 0 } = args[0] as { iterations?: number }
    if (iterations <= MAX_ITERATIONS_PER_CALL) return original(...args)
    const message = `Pbkdf2 failed: iteration counts above ${MAX_ITERATIONS_PER_CALL} are not supported (requested ${iterations}).`
    return Promise.reject(new DOMException(message, 'NotSupportedError'))
  }
  Object.assign(guarded, { [GUARDED]: true })
  Object.defineProperty(crypto.subtle, method, { value: guarded, configurable: true })
}

// What the product prints goes through `deps.log`. Anything else on the console is a mistake.
const printed = (['error', 'warn', 'log'] as const).map((level) => vi.spyOn(console, level))
afterEach(() => {
  const calls = printed.flatMap((spy) => spy.mock.calls)
  for (const spy of printed) spy.mockClear()
  expect(calls, 'unexpected output on the console').toEqual([])
})

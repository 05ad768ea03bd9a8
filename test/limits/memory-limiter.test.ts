import { describe, expect, test } from 'vitest'
import { createMemoryLimiter } from '../../src/limits/memory-limiter.ts'

describe('in memory', () => {
  const start = (count: number, seconds: number) => {
    const clock = { now: 0 }
    const limiter = createMemoryLimiter({ count, seconds }, () => clock.now)
    return { clock, try: async (key: string) => (await limiter.limit({ key })).success }
  }

  test('lets a burst through and refills it evenly, a key at a time', async () => {
    const limiter = start(3, 60)
    const tries = async () => [await limiter.try('a'), await limiter.try('a')]
    expect([...(await tries()), ...(await tries())]).toEqual([true, true, true, false])
    expect(await limiter.try('b')).toBe(true)
    limiter.clock.now = 19_999
    expect(await limiter.try('a')).toBe(false)
    limiter.clock.now = 20_000
    expect(await tries()).toEqual([true, false])
    limiter.clock.now = 10_000_000
    expect([...(await tries()), ...(await tries())]).toEqual([true, true, true, false])
  })

  test('takes no more memory than 100,000 addresses need, and keeps the latest', async () => {
    const limiter = start(1, 60)
    for (let key = 0; key < 100_001; key++) await limiter.try(String(key))
    expect(await limiter.try('100000')).toBe(false)
    expect(await limiter.try('0')).toBe(true)
  })
})

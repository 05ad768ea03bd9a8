import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { parseConfig } from '../../src/config/parse-config.ts'
import type { AppDeps } from '../../src/deps.ts'
import { makeDeps } from '../../src/make-deps.ts'
import { schedule } from '../../src/node/schedule.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const MINUTE = 60_000

/** How often the clean-up began; each run asks for its database three times, which there is none of. */
function started(byte: number) {
  let runs = 0
  const config = parseConfig({
    DATABASE_URL: 'postgresql://nobody:nothing@localhost:1/none',
    PUBLIC_URL: 'http://localhost:8000',
    JWT_SECRET: crypto.randomUUID() + crypto.randomUUID(),
    AUTH_SECRETS: crypto.randomUUID() + crypto.randomUUID(),
  })
  const real = makeDeps(config, {
    assets: () => Promise.reject(new Error('There are none')),
    clientAddress: () => null,
    floodLimiter: null,
    isPlainHttp: () => false,
    hashing: { running: 1000 },
  })
  const deps: AppDeps = {
    ...real,
    random: { ...real.random, bytes: (length) => new Uint8Array(length).fill(byte) },
    log: ({ event }) => void (event === 'purged' && runs++),
    connect: () => {
      throw new Error('There is no database')
    },
  }
  schedule(deps, { hourly: {}, frequent: {} })
  return () => runs
}

test.each([
  [0, MINUTE],
  [128, 1.5 * MINUTE],
  [255, 1.99609375 * MINUTE],
])(
  'cleans up a minute or two after the start, and every hour from then on (random byte %i)',
  async (byte, first) => {
    const runs = started(byte)
    await vi.advanceTimersByTimeAsync(first - 1)
    expect(runs()).toBe(0)
    await vi.advanceTimersByTimeAsync(1)
    expect(runs()).toBe(1)
    await vi.advanceTimersByTimeAsync(60 * MINUTE - 1)
    expect(runs()).toBe(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(runs()).toBe(2)
    await vi.advanceTimersByTimeAsync(120 * MINUTE)
    expect(runs()).toBe(4)
  },
)

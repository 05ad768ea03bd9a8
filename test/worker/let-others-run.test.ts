import { expect, test } from 'vitest'
import { createPasswordHasher } from '../../src/crypto/password.ts'
import { letOthersRun } from '../../src/let-others-run.ts'

const work = { iterations: 20_000, rounds: 6 }
const randomBytes = (length: number) => crypto.getRandomValues(new Uint8Array(length))

/** Which comes first: a hash, or what is due as soon as it has begun. */
const first = (pause?: () => Promise<void>) =>
  Promise.race([
    createPasswordHasher(work, randomBytes, pause)
      .hash('password')
      .then(() => 'the hash'),
    new Promise<string>((resolve) => setTimeout(() => resolve('another task'), 0)),
  ])

test('others are served between the calls of a hash, and would not be without it', async () => {
  expect(await first(letOthersRun)).toBe('another task')
  expect(await first()).toBe('the hash')
})

test('a pause changes no hash', async () => {
  const stored = await createPasswordHasher(work, randomBytes, letOthersRun).hash('password')
  const verdict = await createPasswordHasher(work, randomBytes).verify('password', stored)
  expect(verdict).toEqual({ matches: true, outdated: false })
})

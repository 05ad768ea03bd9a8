import { expect, test } from 'vitest'
import { createPasswordHasher, type Derive } from '../../src/crypto/password.ts'
import { HASHING } from '../../src/workers/hashing.ts'

const work = { iterations: 20_000, rounds: 6 }
const randomBytes = (length: number) => crypto.getRandomValues(new Uint8Array(length))

/** Which comes first: a hash, or what is due as soon as it has begun. */
const first = (derive?: Derive) =>
  Promise.race([
    createPasswordHasher(work, randomBytes, derive)
      .hash('password')
      .then(() => 'the hash'),
    new Promise<string>((resolve) => setTimeout(() => resolve('another task'), 0)),
  ])

test('others are served between the calls of a hash, and would not be without it', async () => {
  expect(await first(HASHING.derive)).toBe('another task')
  expect(await first()).toBe('the hash')
})

test('a pause changes no hash', async () => {
  const stored = await createPasswordHasher(work, randomBytes, HASHING.derive).hash('password')
  const verdict = await createPasswordHasher(work, randomBytes).verify('password', stored)
  expect(verdict).toEqual({ matches: true, outdated: false })
})

import { expect, test } from 'vitest'
import { chainedPbkdf2, createPasswordHasher } from '../../src/crypto/password.ts'
import { createHashThreads } from '../../src/node/hash-threads.ts'

const randomBytes = (length: number) => crypto.getRandomValues(new Uint8Array(length))
const work = { iterations: 1000, rounds: 3 }

test('threads derive the same bits as Web Crypto, and leave the salt intact', async () => {
  const derive = createHashThreads(2)
  const salt = randomBytes(16)
  const before = salt.slice()
  for (const password of ['correct horse', 'ﬀ é 😀', '']) {
    expect(await derive(password, salt, work)).toEqual(await chainedPbkdf2(password, salt, work))
  }
  expect(salt).toEqual(before)
})

test('a hash that was made on a thread is one of everybody', async () => {
  const threaded = createPasswordHasher(work, randomBytes, createHashThreads(1))
  const stored = await threaded.hash('correct horse')
  const matching = { matches: true, outdated: false }
  expect(await createPasswordHasher(work, randomBytes).verify('correct horse', stored)).toEqual(matching)
  expect(await threaded.verify('correct horse', stored)).toEqual(matching)
  expect((await threaded.verify('another horse', stored)).matches).toBe(false)
})

test('signatures of tokens never wait behind hashes, however many are under way (row 91)', async () => {
  const derive = createHashThreads(1)
  // libuv has four threads: by Web Crypto, eight hashes would have all of them.
  const hashes = Array.from({ length: 8 }, () =>
    derive('password', randomBytes(16), { iterations: 100_000, rounds: 6 }),
  )
  let hashed = 0
  for (const hash of hashes) void hash.then(() => hashed++)
  const key = await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  for (let time = 0; time < 50; time++) await crypto.subtle.sign('HMAC', key, randomBytes(32))
  expect(hashed).toBeLessThanOrEqual(1)
  await Promise.all(hashes)
})

test('a thread that fails takes its tasks along and no other: the next one is done', async () => {
  const derive = createHashThreads(1)
  const broken = derive('password', null as never, { iterations: -1, rounds: 1 })
  await expect(broken).rejects.toThrow()
  expect(await derive('password', new Uint8Array(16), work)).toHaveLength(32)
})

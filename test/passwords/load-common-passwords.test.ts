import { expect, test } from 'vitest'
import { assets } from '#runtime'
import { fold } from '../../src/passwords/fold.ts'
import { createCommonPasswordsLoader } from '../../src/passwords/load-common-passwords.ts'
import { createTestApp, PUBLIC_URL } from '../support/test-app.ts'

const { deps, request } = await createTestApp()

test('the list has the 10,000 most common passwords that the length admits (ASVS 6.2.4)', async () => {
  const list = [...(await deps.commonPasswords())]
  expect(list).toHaveLength(10_000)
  expect(list.slice(0, 3)).toEqual(['password', '12345678', '123456789'])
  expect(list.filter((password) => [...password].length < 8)).toEqual([])
  expect(list.filter((password) => fold(password) !== password || /\s/.test(password))).toEqual([])
})

test('no route serves it', async () => {
  for (const path of [
    '/common-passwords.txt',
    '/docs/common-passwords.txt',
    '/docs/../common-passwords.txt',
  ]) {
    expect((await request(path)).status, path).toBe(404)
  }
})

test('it is read on first use, and then kept', async () => {
  let reads = 0
  const counting = createCommonPasswordsLoader({
    assets: (asset) => {
      reads++
      return assets(asset)
    },
    publicUrl: PUBLIC_URL,
  })
  expect(reads).toBe(0)
  expect(await counting()).toBe(await counting())
  expect(reads).toBe(1)
})

test.each([
  ['is missing', () => Promise.resolve(new Response('not found', { status: 404 }))],
  ['is empty', () => Promise.resolve(new Response(''))],
  ['was cut short', () => Promise.resolve(new Response('password\n12345678\n'))],
  ['can not be fetched', () => Promise.reject(new Error('down'))],
  [
    'breaks off',
    () =>
      Promise.resolve(
        new Response(new ReadableStream({ start: (controller) => controller.error(new Error('broken')) })),
      ),
  ],
])('a list that %s rejects, and is read again the next time', async (_, fail) => {
  let down = true
  const flaky = createCommonPasswordsLoader({
    assets: (asset) => (down ? fail() : assets(asset)),
    publicUrl: PUBLIC_URL,
  })
  await expect(flaky()).rejects.toThrow()
  down = false
  expect((await flaky()).size).toBe(10_000)
})

import { expect, test } from 'vitest'
import { assets as realAssets } from '#runtime'
import { BUILT_IN, ENGLISH } from '../../../src/mail/messages/catalogue.ts'
import { createCatalogueLoader } from '../../../src/mail/messages/load-catalogues.ts'
import { createTestApp, PUBLIC_URL } from '../../support/test-app.ts'

type Answer = () => Promise<Response>

/** A loader over a folder of files, and what it asked for and logged. */
function loaderOf(
  files: Record<string, string | Answer | { phrases?: object; messages?: object }>,
  languages = ['en', 'de', 'fr'],
) {
  const asked: string[] = []
  const lines: object[] = []
  const load = createCatalogueLoader({
    publicUrl: PUBLIC_URL,
    languages,
    log: (line) => lines.push(line),
    assets(request) {
      const path = new URL(request.url).pathname
      asked.push(path)
      const file = files[path] ?? (() => Promise.resolve(new Response('not found', { status: 404 })))
      if (typeof file === 'function') return file()
      return Promise.resolve(new Response(typeof file === 'string' ? file : JSON.stringify(file)))
    },
  })
  return { load, asked, lines }
}

test('without files of the deployer the words are ours', async () => {
  const load = createCatalogueLoader({
    publicUrl: PUBLIC_URL,
    languages: ['en', 'de'],
    assets: realAssets,
    log: (line) => expect.unreachable(JSON.stringify(line)),
  })
  expect(await load('en')).toBe(ENGLISH)
  expect(await load('de')).toBe(BUILT_IN['de'])
})

test('a file of the deployer says some of it differently', async () => {
  const { load, lines } = loaderOf({
    '/mail/de.json': { phrases: { greeting: 'Hallo,' }, messages: { new_device: { subject: 'Neu' } } },
  })
  const { phrases, messages } = await load('de')
  expect(phrases).toEqual({ ...BUILT_IN['de']?.phrases, greeting: 'Hallo,' })
  expect(messages.new_device).toEqual({ ...BUILT_IN['de']?.messages.new_device, subject: 'Neu' })
  expect(messages.invitation).toEqual(BUILT_IN['de']?.messages.invitation)
  expect(await load('en')).toBe(ENGLISH)
  expect(lines).toEqual([])
})

test('a language of which only a file exists is the deployer’s English where the file says nothing', async () => {
  const { load } = loaderOf({
    '/mail/en.json': { phrases: { sentBy: 'Yours, {product}' } },
    '/mail/fr.json': { phrases: { greeting: 'Bonjour,' } },
  })
  const { phrases } = await load('fr')
  expect(phrases).toEqual({ ...ENGLISH.phrases, greeting: 'Bonjour,', sentBy: 'Yours, {product}' })
})

test('a region has the words of its language', async () => {
  const { load } = loaderOf({ '/mail/de-AT.json': { phrases: { greeting: 'Grüß Gott,' } } }, ['de-AT'])
  expect((await load('de-AT')).phrases).toEqual({ ...BUILT_IN['de']?.phrases, greeting: 'Grüß Gott,' })
})

test('any other language is the first one, and no path', async () => {
  const { load, asked } = loaderOf({}, ['de', 'en'])
  for (const language of ['it', '', '../openapi', '__proto__', 'DE']) {
    expect(await load(language)).toBe(BUILT_IN['de'])
  }
  expect(asked).toEqual(['/mail/de.json'])
})

test('a file is read once, on first use', async () => {
  const { load, asked } = loaderOf({ '/mail/de.json': {} })
  expect(asked).toEqual([])
  expect(await load('de')).toBe(await load('de'))
  expect(await load('en')).toBe(await load('en'))
  expect(asked).toEqual(['/mail/de.json', '/mail/en.json'])
})

test.each([
  ['is no JSON', '{', ['the file is not JSON']],
  ['is a page', '<!doctype html>', ['the file is not JSON']],
  [
    'has a typo',
    { phrases: { greting: 'Hi' }, messages: { password_reset: { after: ['{expire}'] } } },
    ['phrases.greting is unknown', 'messages.password_reset.after.0 has {expire}, which is unknown'],
  ],
])('a file that %s is logged once and not used', async (_, file, problems) => {
  const { load, lines, asked } = loaderOf({ '/mail/en.json': file })
  expect(await load('en')).toBe(ENGLISH)
  expect(await load('en')).toBe(ENGLISH)
  expect(lines).toEqual([{ event: 'mail_catalogue_invalid', language: 'en', problems }])
  expect(asked).toHaveLength(1)
})

const broken = () => new ReadableStream({ start: (controller) => controller.error(new Error('broken')) })

test.each<[string, Answer]>([
  ['can not be fetched', () => Promise.reject(new Error('down'))],
  ['is answered with 500', () => Promise.resolve(new Response('oops', { status: 500 }))],
  ['breaks off', () => Promise.resolve(new Response(broken()))],
])('a file that %s stops no message, and is read again for the next one', async (_, answer) => {
  const files: Parameters<typeof loaderOf>[0] = { '/mail/en.json': answer }
  const { load, lines } = loaderOf(files)
  expect(await load('en')).toBe(ENGLISH)
  expect(await load('fr')).toEqual(ENGLISH)
  const line = { event: 'mail_catalogue_invalid', language: 'en', problems: ['the file can not be read'] }
  expect(lines).toEqual([line, line])
  files['/mail/en.json'] = { phrases: { greeting: 'Hi,' } }
  expect((await load('en')).phrases.greeting).toBe('Hi,')
  // Nor is what was made of it kept.
  expect((await load('fr')).phrases.greeting).toBe('Hi,')
})

test.each(['', 'e', '../de', 'de/x', 'de.json', 'de_AT', 'en-', 'a-b', 'x'.repeat(9), 'de-1', 'en-a'])(
  'the language %j is refused at once',
  (language) => {
    expect(() => loaderOf({}, ['en', language])).toThrow(`Not a language tag: ${language}`)
  },
)

test('no route serves these files', async () => {
  const { request } = await createTestApp()
  // That one is there.
  expect((await realAssets(new Request(new URL('/mail/README.md', PUBLIC_URL)))).status).toBe(200)
  for (const path of [
    '/mail',
    '/mail/',
    '/mail/README.md',
    '/docs/README.md',
    '/docs/../mail/README.md',
    '/docs/..%2fmail%2fREADME.md',
  ]) {
    expect((await request(path)).status, path).toBe(404)
  }
})

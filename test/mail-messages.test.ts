import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ENGLISH } from '../src/mail/messages/catalogue.ts'
import { checkCatalogue } from '../src/mail/messages/check-catalogue.ts'
import { EVERY_MESSAGE, renderTypical } from './support/messages.ts'

// Every message in every language, for review: a change of words or of layout is visible there. Here and not
// in test/mail/, which workerd runs too: it has no files.
describe.each(EVERY_MESSAGE)('$name in $language', ({ name, language }) => {
  const { subject, text, html } = renderTypical(name, language)
  const file = (extension: string) => `mail/snapshots/${language}/${name}.${extension}`

  test('as text', async () => {
    await expect(`${subject}\n\n${text}`).toMatchFileSnapshot(file('txt'))
  })

  test('as HTML', async () => {
    await expect(html).toMatchFileSnapshot(file('html'))
  })
})

test('the example for deployers can be used as it stands', () => {
  const guide = readFileSync(new URL('../assets/mail/README.md', import.meta.url), 'utf8')
  const [, example = ''] = /```json\n(.*?)```/s.exec(guide) ?? []
  expect(checkCatalogue(JSON.parse(example), ENGLISH)).toEqual([])
})

import { describe, expect, test } from 'vitest'
import { MESSAGE_NAMES } from '../../../src/mail/message.ts'
import { BUILT_IN, type Catalogue, ENGLISH, mergeCatalogue } from '../../../src/mail/messages/catalogue.ts'
import { checkCatalogue } from '../../../src/mail/messages/check-catalogue.ts'
import { renderMessage } from '../../../src/mail/messages/render.ts'
import { BRAND, typical } from '../../support/messages.ts'

/** The paths of all texts, lists as one. */
const pathsOf = ({ phrases, messages }: Catalogue) => [
  ...Object.keys(phrases),
  ...Object.entries(messages).flatMap(([name, text]) => Object.keys(text).map((key) => `${name}.${key}`)),
]

describe.each(Object.entries(BUILT_IN))('our own catalogue %s', (_, catalogue) => {
  test('lacks nothing, and has nothing that no message shows', () => {
    expect(checkCatalogue(catalogue, null)).toEqual([])
    expect(pathsOf(catalogue).sort()).toEqual(pathsOf(ENGLISH).sort())
    expect(Object.keys(catalogue.messages)).toEqual([...MESSAGE_NAMES])
  })

  test('has a label for each link, and none without a link', () => {
    for (const name of MESSAGE_NAMES) {
      const { links } = typical(name)
      const { action, reject, recover } = catalogue.messages[name]
      expect([Boolean(action), Boolean(reject)], name).toEqual([Boolean(links.action), Boolean(links.reject)])
      const isAboutLinks =
        Boolean(action || recover) || ['account_disabled', 'account_deleted'].includes(name)
      expect(isAboutLinks, name).toBe(true)
    }
  })

  test('has typographic quotes and apostrophes', () => {
    expect(JSON.stringify(Object.values(catalogue.messages)).replaceAll('"', '')).not.toMatch(/['\\]/)
  })
})

test.each([
  ['nothing', {}, []],
  ['a part', { messages: { new_device: { subject: 'Hi' } }, phrases: { greeting: 'Hi,' } }, []],
  ['no name of the product', { messages: { new_device: { paragraphs: ['New.'] } } }, []],
  ['a title of its own', { messages: { invitation: { title: 'Welcome to {product}' } } }, []],
  [
    'a placeholder elsewhere',
    { messages: { password_reset: { paragraphs: ['x'], after: ['{expires}'] } } },
    [],
  ],
  ['null', null, ['the catalogue is not an object']],
  ['a list', [], ['the catalogue is not an object']],
  ['an unknown key', { message: {} }, ['message is unknown']],
  [
    'a list of messages',
    { messages: [], phrases: 'x' },
    ['phrases is not an object', 'messages is not an object'],
  ],
  ['an unknown phrase', { phrases: { greting: 'x' } }, ['phrases.greting is unknown']],
  ['an unknown message', { messages: { reset: {} } }, ['messages.reset is unknown']],
  ['a message that is a text', { messages: { new_device: 'x' } }, ['messages.new_device is not an object']],
  [
    'a key of another message',
    { messages: { new_device: { action: 'x', __proto__: null } } },
    ['messages.new_device.action is unknown'],
  ],
  ['no text', { messages: { new_device: { subject: 1 } } }, ['messages.new_device.subject is not a text']],
  [
    'an empty text',
    { messages: { new_device: { subject: ' ' } } },
    ['messages.new_device.subject is not a text'],
  ],
  [
    'no paragraphs',
    { messages: { new_device: { paragraphs: [], after: 'x' } } },
    [
      'messages.new_device.paragraphs is not a list of paragraphs',
      'messages.new_device.after is not a list of paragraphs',
    ],
  ],
  [
    'a header in a subject',
    { messages: { new_device: { subject: 'x\r\nBcc: y' } } },
    ['messages.new_device.subject has a line break or another control character'],
  ],
  [
    'an unknown placeholder',
    { messages: { new_device: { paragraphs: ['a', '{user}'] } } },
    ['messages.new_device.paragraphs.1 has {user}, which is unknown'],
  ],
  [
    'a value of a stranger in a subject',
    { messages: { email_changed: { subject: '{newEmail} {email}' } } },
    [
      'messages.email_changed.subject has {newEmail}, which is unknown',
      'messages.email_changed.subject has {email}, which is unknown',
    ],
  ],
  [
    'a value that this message does not have',
    { messages: { new_device: { after: ['{expires} {newEmail}'] } } },
    [
      'messages.new_device.after.0 has {expires}, which is unknown',
      'messages.new_device.after.0 has {newEmail}, which is unknown',
    ],
  ],
  [
    'single braces',
    { messages: { new_device: { after: ['{product', 'a}'] } } },
    [
      'messages.new_device.after.0 has a single {, which is unknown',
      'messages.new_device.after.1 has a single }, which is unknown',
    ],
  ],
  [
    'a link that does not say how long it works',
    { messages: { password_reset: { paragraphs: ['Somebody asked.'] } } },
    ['messages.password_reset lacks {expires}'],
  ],
  [
    'phrases with too little and too much',
    { phrases: { moment: '{date}', when: '{product}', browserOnSystem: '{browser} {system} {email}' } },
    [
      'phrases.moment lacks {time}',
      'phrases.browserOnSystem has {email}, which is unknown',
      'phrases.when has {product}, which is unknown',
    ],
  ],
])('overrides with %s', (_, overrides, problems) => {
  expect(checkCatalogue(overrides, ENGLISH).sort()).toEqual([...problems].sort())
})

test('a catalogue of its own may leave out nothing', () => {
  expect(checkCatalogue({}, null)).toEqual(['phrases is missing', 'messages is missing'])
  const { greeting: _, ...phrases } = ENGLISH.phrases
  const { subject: __, ...newDevice } = ENGLISH.messages.new_device
  const { invitation: ___, ...messages } = { ...ENGLISH.messages, new_device: newDevice }
  expect(checkCatalogue({ phrases, messages }, null)).toEqual([
    'phrases.greeting is missing',
    'messages.invitation is missing',
    'messages.new_device.subject is missing',
  ])
})

test('what the check accepts can be rendered: every text with every placeholder that it may have', () => {
  const candidates = ['product', 'email', 'newEmail', 'when', 'expires', 'username', 'date', 'constructor']
  for (const name of MESSAGE_NAMES) {
    const english = ENGLISH.messages[name]
    const keys = [...new Set([...Object.keys(english), 'title', 'after', 'reason'])]
    for (const [key, placeholder] of keys.flatMap((key) => candidates.map((one) => [key, one] as const))) {
      const isList = key === 'paragraphs' || key === 'after'
      const usual = english[key as keyof typeof english] ?? 'x'
      const text = isList ? [...usual, `{${placeholder}}`] : `${usual} {${placeholder}}`
      const overrides = { messages: { [name]: { [key]: text } } }
      if (checkCatalogue(overrides, ENGLISH).length > 0) continue
      const catalogue = mergeCatalogue(ENGLISH, overrides)
      const { html } = renderMessage({ name, catalogue, language: 'en', brand: BRAND, ...typical(name) })
      expect(html, `${name}.${key}`).not.toContain(`{${placeholder}}`)
    }
  }
})

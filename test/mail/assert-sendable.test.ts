import { expect, test } from 'vitest'
import { assertSendable } from '../../src/mail/assert-sendable.ts'
import { TransportError } from '../../src/mail/transport.ts'
import { HOSTILE, MAIL, TRICKY } from '../support/mails.ts'

test.each([['an ordinary mail', MAIL], ...TRICKY] as typeof TRICKY)('accepts %s', (_, mail) => {
  expect(() => assertSendable(mail)).not.toThrow()
})

test.each(HOSTILE)('refuses %s, and names the field alone', (_, mail) => {
  let thrown: unknown
  try {
    assertSendable(mail)
  } catch (error) {
    thrown = error
  }
  expect(thrown).toBeInstanceOf(TransportError)
  expect(String(thrown)).toMatch(
    /^TransportError: The mail was not sent: its (to|from|replyTo|subject|messageId) is not valid$/,
  )
})

test.each([
  ['at the most characters', 250, false],
  ['just above', 251, true],
])('a message id %s', (_, length, isRefused) => {
  const messageId = `1@${'a'.repeat(length - 2)}`
  const check = () => assertSendable({ ...MAIL, messageId })
  if (isRefused) expect(check).toThrow(TransportError)
  else expect(check).not.toThrow()
})

import { describe, expect, test, vi } from 'vitest'
import { createTransport } from '../../src/mail/create-transport.ts'
import { TransportError } from '../../src/mail/transport.ts'
import { HOSTILE, MAIL, TRICKY } from '../support/mails.ts'

const CLOUDFLARE = { kind: 'cloudflare', binding: 'EMAIL' } as const
const send = () => Promise.reject(new Error('asked'))

test('off has no transport', () => {
  expect(createTransport({ kind: 'off' }, { fetch: send, binding: () => undefined })).toBeNull()
})

describe('Cloudflare', () => {
  /** A transport whose binding does as given. */
  function open(implementation: () => Promise<unknown>, timeoutMilliseconds = 10_000) {
    const bound = { send: vi.fn(implementation) }
    const binding = (name: string) => (name === 'EMAIL' ? bound : undefined)
    const transport = createTransport(CLOUDFLARE, { fetch: send, binding, timeoutMilliseconds })
    if (!transport) throw new Error('No transport')
    return { transport, calls: bound.send.mock.calls as unknown[][] }
  }
  const accepts = () => Promise.resolve({ messageId: '1' })
  const ownHeaders = { 'X-Message-ID': `<${MAIL.messageId}>`, 'Auto-Submitted': 'auto-generated' }

  test('a mail is given to the binding as documented', async () => {
    const { transport, calls } = open(accepts)
    await transport.send(MAIL)
    const { messageId: _, from, ...rest } = MAIL
    const sender = { email: from.address, name: from.name }
    expect(calls).toEqual([[{ ...rest, from: sender, headers: ownHeaders }]])
  })

  test.each(TRICKY)('%s: one recipient, and no other headers', async (_, mail) => {
    const { transport, calls } = open(accepts)
    await transport.send(mail)
    const { address: email, name } = mail.from
    const { messageId: _id, replyTo, ...rest } = mail
    const from = name === '' ? email : { email, name }
    const expected = { ...rest, ...(replyTo && { replyTo }), from, headers: ownHeaders }
    expect(calls).toEqual([[expected]])
  })

  test('a hostile mail is not sent', async () => {
    const { transport, calls } = open(accepts)
    for (const [name, mail] of HOSTILE) {
      await expect(transport.send(mail), name).rejects.toThrow('The mail was not sent')
    }
    expect(calls).toEqual([])
  })

  test.each([
    ['E_SENDER_NOT_VERIFIED', 'Cloudflare refused the mail (E_SENDER_NOT_VERIFIED)'],
    ['canary-answer ada@example.org', 'Cloudflare refused the mail'],
    [undefined, 'Cloudflare refused the mail'],
  ])('refuses with the code %s', async (code, message) => {
    const { transport } = open(() => Promise.reject(Object.assign(new Error('canary-answer'), { code })))
    await expect(transport.send(MAIL)).rejects.toThrow(new TransportError(message))
  })

  test('throws at once', async () => {
    const { transport } = open(() => {
      throw new Error('canary-answer')
    })
    await expect(transport.send(MAIL)).rejects.toThrow(new TransportError('Cloudflare refused the mail'))
  })

  test('never answers', async () => {
    const { transport } = open(() => new Promise(() => {}), 50)
    const expected = new TransportError('Cloudflare did not answer in time')
    await expect(transport.send(MAIL)).rejects.toThrow(expected)
  })

  test.each([undefined, null, {}, { send: true }, 'EMAIL'])(
    'a binding that is none (%j) is an error at the start',
    (bound) => {
      const create = () => createTransport(CLOUDFLARE, { fetch: send, binding: () => bound })
      expect(create).toThrow('MAIL_URL names a send_email binding, EMAIL, that is not there')
    },
  )
})

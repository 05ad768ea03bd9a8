import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Mail } from '../src/mail/transport.ts'
import { createAuthority } from './support/certificates.ts'
import type { Outcome } from './support/mail-sender.ts'
import { type MailSender, startMailSenders } from './support/mail-senders.ts'
import { HOSTILE, MAIL, TRICKY } from './support/mails.ts'
import { freePort } from './support/process.ts'
import { type SmtpOptions, startSmtp, trustedAuthority } from './support/smtp-server.ts'

const CREDENTIALS = { user: 'ada@example.com', password: 'canary: pass/wörd' }
const ADA = 'ada%40example.com:canary%3A%20pass%2Fw%C3%B6rd@'

const byName = createAuthority('DNS:localhost')
const byAddress = createAuthority('IP:127.0.0.1')
const ofAnother = createAuthority('DNS:mail.example.com')
/** Signed by nobody that the senders trust. */
const stranger = createAuthority()

type Smtp = Awaited<ReturnType<typeof startSmtp>>
const servers: Smtp[] = []
async function serve(options: SmtpOptions): Promise<Smtp> {
  const server = await startSmtp(options)
  servers.push(server)
  return server
}

let plain: Smtp
let starttls: Smtp
let implicit: Smtp
let senders: { node: MailSender; workerd: MailSender }
const folder = mkdtempSync(join(tmpdir(), 'mail-smtp-test-'))

beforeAll(async () => {
  const trusted = [trustedAuthority(), byName, byAddress, ofAnother].map(({ caFile }) => readFileSync(caFile))
  const caFile = join(folder, 'ca.pem')
  writeFileSync(caFile, trusted.join('\n'))
  plain = await serve({ tls: 'none' })
  starttls = await serve({ tls: 'starttls', credentials: CREDENTIALS })
  implicit = await serve({ tls: 'implicit', credentials: CREDENTIALS })
  senders = await startMailSenders({ caFile })
})

afterAll(async () => {
  await Promise.all([senders.node.close(), senders.workerd.close()])
  await Promise.all(servers.map((server) => server.close()))
  rmSync(folder, { recursive: true, force: true })
})

beforeEach(() => {
  for (const server of servers) {
    server.behave({})
    server.clear()
  }
})

/** Fails if the outcome tells more than what an operator may read. */
function reasonOf(outcome: Outcome): string {
  if ('sent' in outcome) return 'sent'
  expect(outcome.isTransportError).toBe(true)
  expect(outcome.error).toMatch(/^TransportError: The SMTP server [\w ]+( \([\w-]+\))?$/)
  expect(outcome.error).not.toMatch(/canary|127\.0\.0\.1|localhost/)
  return outcome.error.replace('TransportError: The SMTP server ', '')
}

describe.each(['node', 'workerd'] as const)('from %s', (runtime) => {
  const send = (mailUrl: string, mail: Mail = MAIL, timeoutMilliseconds = 15_000) =>
    senders[runtime].send({ mailUrl, mail, timeoutMilliseconds })
  const overStarttls = (host = 'localhost', { port } = starttls) =>
    `smtp://${ADA}${host}:${port}?starttls=required`
  const overTls = (host = 'localhost', { port } = implicit) => `smtps://${ADA}${host}:${port}`

  describe('a mail is taken over', () => {
    test('without TLS on this machine, and without signing in', async () => {
      expect(await send(`smtp://127.0.0.1:${plain.port}`)).toEqual({ sent: true })
      expect(await send(`smtp://localhost:${plain.port}`)).toEqual({ sent: true })
      expect(plain.received).toHaveLength(2)
      for (const { mail, ...session } of plain.received) {
        expect(session).toMatchObject({
          envelope: { from: 'accounts@example.com', to: ['ada@example.org'] },
          isOverTls: false,
          user: null,
          // Not the name of this machine.
          clientName: 'example.com',
        })
        expect(mail).toMatchObject({
          from: MAIL.from,
          to: [{ name: '', address: MAIL.to }],
          replyTo: [{ name: '', address: MAIL.replyTo }],
          subject: MAIL.subject,
          messageId: `<${MAIL.messageId}>`,
          text: `${MAIL.text}\n`,
          html: `${MAIL.html}\n`,
        })
      }
    })

    test.each([
      ['STARTTLS', () => ({ server: starttls, url: overStarttls() })],
      ['TLS', () => ({ server: implicit, url: overTls() })],
    ])('over %s, by somebody who signed in', async (_, open) => {
      const { server, url } = open()
      expect(await send(url)).toEqual({ sent: true })
      expect(server.logins).toEqual([CREDENTIALS])
      expect(server.received).toHaveLength(1)
      expect(server.received[0]).toMatchObject({
        isOverTls: true,
        // Servers with several names have a certificate for each.
        serverName: 'localhost',
        user: CREDENTIALS.user,
      })
    })

    test('by a slow server', async () => {
      plain.behave({ delayMilliseconds: 500 })
      expect(await send(`smtp://127.0.0.1:${plain.port}`)).toEqual({ sent: true })
      expect(plain.received).toHaveLength(1)
    })
  })

  describe('a certificate that does not prove the server', () => {
    const CASES = [
      ['of another name', ofAnother, 'localhost', false],
      ['of another name, by address', ofAnother, '127.0.0.1', false],
      ['of the name', byName, 'localhost', true],
      ['of the name, by address', byName, '127.0.0.1', false],
      ['of the address', byAddress, '127.0.0.1', true],
      ['of the address, by name', byAddress, 'localhost', false],
      ['of a stranger', stranger, 'localhost', false],
      ['of a stranger, by address', stranger, '127.0.0.1', false],
    ] as const

    test.each(CASES)('%s: no credentials and no mail are sent', async (_, authority, host, isRight) => {
      for (const tls of ['starttls', 'implicit'] as const) {
        const server = await serve({ tls, credentials: CREDENTIALS, authority })
        const url = tls === 'implicit' ? overTls(host, server) : overStarttls(host, server)
        const reason = reasonOf(await send(url))
        if (isRight) expect(reason, tls).toBe('sent')
        else expect(reason, tls).toMatch(/^could not be used/)
        expect(server.logins, tls).toHaveLength(isRight ? 1 : 0)
        expect(server.received, tls).toHaveLength(isRight ? 1 : 0)
      }
    })
  })

  test('a server without STARTTLS, which somebody in between removed, gets nothing', async () => {
    starttls.behave({ isStripped: true })
    expect(reasonOf(await send(overStarttls()))).toMatch(/^(answered \d+|could not be used)/)
    expect(starttls.logins).toEqual([])
    expect(starttls.received).toEqual([])
    // The server would have taken them.
    expect(await send(`smtp://${ADA}localhost:${starttls.port}`)).toEqual({ sent: true })
  })

  test('a server that does not let us sign in gets no mail', async () => {
    expect(reasonOf(await send(`smtp://${ADA}127.0.0.1:${plain.port}`))).toMatch(
      /^answered 5\d\d \(AUTH[\w-]*\)$/,
    )
    expect(plain.received).toEqual([])
  })

  test('a wrong password', async () => {
    const url = overStarttls().replace('canary', 'wrong')
    expect(reasonOf(await send(url))).toMatch(/^answered 535 \(AUTH[\w-]*\)$/)
    expect(starttls.received).toEqual([])
  })

  test.each([
    ['connect', 554],
    ['sender', 550],
    ['recipient', 550],
    ['recipient', 451],
    ['message', 552],
    ['message', 421],
  ] as const)('a server that refuses at the %s with %i', async (at, code) => {
    plain.behave({ refuses: { at, code } })
    expect(reasonOf(await send(`smtp://127.0.0.1:${plain.port}`))).toMatch(
      new RegExp(`^answered ${code}( \\([\\w-]+\\))?$`),
    )
    expect(plain.received).toEqual([])
  })

  test('a server that never greets', async () => {
    for (const server of [plain, implicit]) server.behave({ isDead: true })
    const urls = [`smtp://127.0.0.1:${plain.port}`, overTls()]
    const outcomes = await Promise.all(urls.map((url) => send(url)))
    for (const outcome of outcomes) {
      expect(reasonOf(outcome)).toBe('did not answer in time')
      // Five seconds of fifteen, and what a busy machine adds.
      expect('milliseconds' in outcome && outcome.milliseconds).toBeLessThan(12_000)
    }
  })

  test('a server that takes longer than there is time', async () => {
    plain.behave({ delayMilliseconds: 3000 })
    const outcome = await send(`smtp://127.0.0.1:${plain.port}`, MAIL, 1000)
    expect(reasonOf(outcome)).toBe('did not answer in time')
    expect('milliseconds' in outcome && outcome.milliseconds).toBeLessThan(2900)
  })

  test('nobody listens', async () => {
    const port = await freePort()
    expect(reasonOf(await send(`smtp://127.0.0.1:${port}`))).toMatch(/^could not be used/)
  })

  test('a hostile mail opens no connection', async () => {
    const port = await freePort()
    const outcomes = await Promise.all(HOSTILE.map(([, mail]) => send(`smtp://127.0.0.1:${port}`, mail)))
    for (const [index, outcome] of outcomes.entries()) {
      // With one, it would say that the server could not be used.
      expect('error' in outcome && outcome.error, HOSTILE[index]?.[0]).toMatch(
        /The mail was not sent: its \w+/,
      )
    }
  })

  const HEADERS = [
    ...['from', 'to', 'subject', 'message-id', 'x-message-id', 'auto-submitted', 'date'],
    ...['mime-version', 'content-type'],
  ]

  test.each(TRICKY)('%s: one recipient, and no other headers', async (_, sent) => {
    expect(await send(`smtp://127.0.0.1:${plain.port}`, sent)).toEqual({ sent: true })
    const [received] = plain.received
    if (!received) throw new Error('Nothing was received')
    const { envelope, mail, raw } = received
    expect(plain.received).toHaveLength(1)
    expect(envelope).toEqual({ from: sent.from.address, to: [sent.to] })
    const names = mail.headers.map(({ key }) => key).sort()
    expect(names).toEqual([...HEADERS, ...(sent.replyTo === null ? [] : ['reply-to'])].sort())
    expect(mail.to).toEqual([{ name: '', address: sent.to }])
    expect(mail.from).toEqual(sent.from)
    expect(mail.subject).toBe(sent.subject)
    const lines = (text = '') => text.replaceAll('\r\n', '\n').trimEnd()
    expect(lines(mail.text)).toBe(lines(sent.text))
    expect(lines(mail.html)).toBe(lines(sent.html))
    expect(mail.attachments).toEqual([])
    // RFC 5322 section 2.1.1.
    expect(Math.max(...raw.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(998)
    expect(raw.replaceAll('\r\n', '')).not.toMatch(/[\r\n\0]/)
  })
})

test('no name is given to STARTTLS in workerd, which production refuses and this one logs', () => {
  const output = senders.workerd.output()
  // It logs all TLS that fails, so what it logs does arrive here.
  expect(output).toContain('TLS handshake failed')
  expect(output).not.toContain('expectedServerHostname')
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Development, startDevelopment } from './support/development.ts'
import { freePort } from './support/process.ts'
import { authorization } from './support/requests-as.ts'
import { startSmtp } from './support/smtp-server.ts'

// Whole flows: real servers in both runtimes, and mails that a real SMTP server takes over, by STARTTLS and by
// TLS from the first byte.

const CREDENTIALS = { user: 'auth', password: 'p:ss/w@rd' }
const WAYS = [
  { runtime: 'Node', tls: 'starttls', args: [] },
  { runtime: 'Node', tls: 'implicit', args: [] },
  { runtime: 'workerd', tls: 'starttls', args: ['--worker'] },
  { runtime: 'workerd', tls: 'implicit', args: ['--worker'] },
] as const

type Pair = { access_token: string; refresh_token: string }

describe.each(WAYS)('$runtime, $tls', ({ tls, args }) => {
  let smtp: Awaited<ReturnType<typeof startSmtp>>
  let server: Development
  beforeAll(async () => {
    smtp = await startSmtp({ tls, credentials: CREDENTIALS })
    const scheme = tls === 'implicit' ? 'smtps' : 'smtp'
    const userinfo = [CREDENTIALS.user, CREDENTIALS.password].map(encodeURIComponent).join(':')
    const query = tls === 'starttls' ? '?starttls=required' : ''
    server = await startDevelopment(
      await freePort(),
      {
        MAIL_URL: `${scheme}://${userinfo}@localhost:${smtp.port}${query}`,
        MAIL_FROM: 'no-reply@example.com',
        NODE_EXTRA_CA_CERTS: smtp.caFile,
      },
      [...args],
    )
  })
  afterAll(async () => {
    await server?.stop()
    await smtp?.close()
  })

  const send = (method: string, path: string, body?: object, pair?: Pair) =>
    fetch(server.api + path, {
      method,
      headers: { 'Content-Type': 'application/json', ...(pair && authorization(pair.access_token)) },
      ...(body && { body: JSON.stringify(body) }),
    })
  const post = (path: string, body: object, pair?: Pair) => send('POST', path, body, pair)
  const userOf = async (pair: Pair) =>
    (await (await send('GET', '/users/me', undefined, pair)).json()) as Record<string, unknown>
  const signIn = async (email: string, password: string) => {
    const response = await post('/login', { email, password })
    return { status: response.status, pair: (await response.json()) as Pair }
  }
  /** Waits for a mail to an address whose text leads to a page, and returns its token. */
  const tokenFrom = async (to: string, page: string) => {
    const link = new RegExp(`http://localhost:3000/account/${page}#token=([\\w-]+)`)
    const find = () =>
      smtp.received
        .filter(({ envelope }) => envelope.to.join() === to)
        .map(({ mail }) => link.exec(mail.text ?? '')?.[1])
        .findLast(Boolean)
    await expect.poll(find, { timeout: 30_000 }).toBeTruthy()
    return find() ?? ''
  }
  const person = (name: string) => ({
    username: name,
    email: `${name}@example.com`,
    full_name: 'Somebody',
    password: 'correct horse battery',
  })
  const register = async (name: string) => {
    const who = person(name)
    expect((await post('/users', who)).status).toBe(201)
    return { ...who, pair: (await signIn(who.email, who.password)).pair }
  }
  /** Changes an address, with the link that the new one got. */
  const change = async (who: Awaited<ReturnType<typeof register>>, newEmail: string) => {
    const asked = await post('/users/me/email', { new_email: newEmail, password: who.password }, who.pair)
    expect(asked.status).toBe(202)
    const token = await tokenFrom(newEmail, 'verify-email')
    expect((await post('/email-verifications/confirm', { token })).status).toBe(204)
  }

  test('register, mail, confirm', async () => {
    const { email, pair } = await register('ada')
    const token = await tokenFrom(email, 'verify-email')
    expect((await post('/email-verifications/confirm', { token })).status).toBe(204)
    expect(await userOf(pair)).toMatchObject({ email_verified: true })
    const [mail] = smtp.received.filter(({ envelope }) => envelope.to.join() === email)
    expect(mail).toMatchObject({ isOverTls: true, user: CREDENTIALS.user })
    expect(mail?.mail.from).toMatchObject({ name: 'LumaScope', address: 'no-reply@example.com' })
    expect(mail?.mail.html).toContain(`#token=${token}`)
    expect(mail?.mail.messageId).toMatch(/^<[0-9a-f-]{36}@localhost>$/)
  })

  test('forgot, mail, reset: the old password and all sessions are dead', async () => {
    const { email, password, pair } = await register('bob')
    expect((await post('/password-resets', { email })).status).toBe(202)
    const token = await tokenFrom(email, 'reset-password')
    const words = 'quite another staple'
    expect((await post('/password-resets/confirm', { token, new_password: words })).status).toBe(204)
    expect((await send('GET', '/users/me', undefined, pair)).status).toBe(401)
    expect((await post('/refresh', { refresh_token: pair.refresh_token })).status).toBe(401)
    expect((await signIn(email, password)).status).toBe(401)
    expect((await signIn(email, words)).status).toBe(200)
  })

  test('change, confirm', async () => {
    const who = await register('cleo')
    await change(who, 'cleopatra@example.com')
    expect(await userOf(who.pair)).toMatchObject({ email: 'cleopatra@example.com', email_verified: true })
    expect((await signIn('cleopatra@example.com', who.password)).status).toBe(200)
    expect((await signIn(who.email, who.password)).status).toBe(401)
  })

  test('change, undo: the old address is back, and its owner chooses a new password', async () => {
    const who = await register('dora')
    await change(who, 'thief@example.com')
    const token = await tokenFrom(who.email, 'undo-email-change')
    expect((await post('/email-verifications/undo', { token })).status).toBe(204)
    expect((await send('GET', '/users/me', undefined, who.pair)).status).toBe(401)
    expect((await signIn(who.email, who.password)).status).toBe(401)
    const reset = await tokenFrom(who.email, 'reset-password')
    const words = 'the owner’s new words'
    expect((await post('/password-resets/confirm', { token: reset, new_password: words })).status).toBe(204)
    const { status, pair } = await signIn(who.email, words)
    expect(status).toBe(200)
    expect(await userOf(pair)).toMatchObject({ email: who.email })
  })
})

import { expect } from 'vitest'
import { canary, type Marked, markedPerson } from './canaries.ts'
import { requestsAs } from './requests-as.ts'
import { json, type Recorder } from './sweep.ts'
import type { createTestApp, TokenPair } from './test-app.ts'

type App = Awaited<ReturnType<typeof createTestApp>>

/**
 * Does what the links of mails are for, right and wrong, each with canaries.
 *
 * @param kept.keepHashes called while the password is one that is replaced later
 * @param kept.tokens gets the tokens of the mails
 * @returns the people who did it
 */
export async function sweepRecovery(
  { send }: Recorder,
  app: App,
  { keepHashes, tokens }: { keepHashes: () => Promise<void>; tokens: string[] },
): Promise<Marked[]> {
  const [person, stranger] = [markedPerson(), markedPerson()]
  const { email } = person.registration
  const post = (path: string, body: object, who = person) => send(app, who, path, json(body))
  const done = async (response: Promise<Response>) => expect((await response).status).toBeLessThan(300)
  const refused = async (response: Promise<Response>, status: number) =>
    expect((await response).status).toBe(status)
  const tokenFor = async (to: string, kind: string) => {
    const token = (await app.mailbox(to)).findLast((mail) => mail.kind === kind)?.token ?? ''
    expect(token, kind).not.toBe('')
    tokens.push(token)
    return token
  }

  await done(post('/users', person.registration))
  await done(post('/password-resets', { email }))
  await done(post('/password-resets', { email: `${canary()}@example.com` }))
  const reset = { token: await tokenFor(email, 'password_reset'), new_password: person.newPassword }
  await refused(post('/password-resets/confirm', { ...reset, token: canary() }), 400)
  await done(post('/password-resets/confirm', reset))
  await keepHashes()
  await refused(post('/password-resets/confirm', reset), 400)

  const session = await post('/login', { email, password: person.newPassword })
  const { access_token } = (await session.json()) as TokenPair
  const own = requestsAs((path, init) => send(app, person, path, init), access_token)
  await done(own.get('/users/me'))
  await done(own.post('/email-verifications', {}))
  const change = { new_email: `${canary()}@example.com`, password: person.newPassword }
  await done(own.post('/users/me/email', change))
  await refused(own.post('/users/me/email', { ...change, password: canary() }), 403)
  await done(
    post('/email-verifications/confirm', { token: await tokenFor(change.new_email, 'email_change') }),
  )
  await done(post('/email-verifications/undo', { token: await tokenFor(email, 'email_changed') }))

  await done(post('/users', stranger.registration, stranger))
  const { email: strangers, password } = stranger.registration
  const theirs = (await (await post('/login', { email: strangers, password }, stranger)).json()) as TokenPair
  const headers = { Authorization: `Bearer ${theirs.access_token}` }
  await done(send(app, stranger, '/users/me', { headers }))
  const token = await tokenFor(stranger.registration.email, 'email_verification')
  await done(post('/email-verifications/reject', { token }))
  return [person, stranger]
}

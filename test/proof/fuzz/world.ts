import { jarOf } from '../../support/canaries.ts'
import {
  type createTestApp,
  FRONTEND,
  newPerson,
  type Person,
  payloadOf,
  type TokenPair,
} from '../../support/test-app.ts'

type App = Awaited<ReturnType<typeof createTestApp>>

export const ROLES = ['nobody', 'person', 'administrator'] as const
export type Caller = { who: (typeof ROLES)[number]; by: 'bearer' | 'cookie' }

type Citizen = Person & TokenPair & { id: number; session: string; jar: string }

/** How many requests may pass before others are new: an account that was deleted, or a used token, tells nothing. */
const REQUESTS_A_NEIGHBOUR = 40

/** The kind of token that an operation takes; the others take one that verifies an address. */
const FOR_PATH: Record<string, 'reset' | 'undo'> = {
  '/password-resets/confirm': 'reset',
  '/email-verifications/undo': 'undo',
}

/** The people who exist for the fuzzer, replaced when a request has ended their session or account. */
export async function createWorld(app: App) {
  const citizen = async (isAdministrator: boolean): Promise<Citizen> => {
    const person = await app.register()
    if (isAdministrator)
      await app.database.sql("insert into user_roles (user_id, role_name) values ($1, 'admin')", [person.id])
    const pair = await app.openSession(person)
    const { email, password } = person
    const headers = { Origin: FRONTEND }
    const cookies = await app.post('/login?use_cookies=true', { email, password }, headers)
    const session = String(payloadOf(pair.access_token)['sid'])
    return { ...person, ...pair, session, jar: jarOf(cookies) }
  }
  let roles = 0
  /** Somebody else, beside a role that nobody has. */
  const neighbour = async (): Promise<Citizen & { role: string }> => {
    const role = `role-of-nobody-${++roles}`
    await app.database.sql('insert into roles (name, description) values ($1, $1)', [role])
    return { ...(await citizen(false)), role }
  }
  const tokenIn = async (to: string, kind: string) =>
    (await app.mailbox(to)).find((mail) => mail.kind === kind)?.token ?? ''
  /** Asks for a change of address; returns the new one. */
  const move = async () => {
    const person = await app.register()
    const change = { new_email: newPerson().email, password: person.password }
    await app.as(await app.openSession(person)).post('/users/me/email', change)
    return { from: person.email, to: change.new_email }
  }
  /** Tokens of mails that nobody has used yet: each can be used once, so they are somebody's of their own. */
  const mails = async () => {
    const [unverified, forgetful] = [await app.register(), await app.register()]
    await app.post('/password-resets', { email: forgetful.email })
    const [moving, moved] = [await move(), await move()]
    await app.post('/email-verifications/confirm', { token: await tokenIn(moved.to, 'email_change') })
    return {
      verification: await tokenIn(unverified.email, 'email_verification'),
      reset: await tokenIn(forgetful.email, 'password_reset'),
      change: await tokenIn(moving.to, 'email_change'),
      undo: await tokenIn(moved.from, 'email_changed'),
    }
  }
  let mailed = await mails()
  const people = {
    person: await citizen(false),
    administrator: await citizen(true),
    other: await neighbour(),
  }
  const seen = new Map<string, string>()
  let requests = 0
  let fresh = newPerson()
  const selfOf = ({ who }: Caller) => (who === 'administrator' ? people.administrator : people.person)
  return {
    /** Passwords and tokens that no response may repeat to who sent them. */
    secrets: () => [
      ...Object.values(mailed),
      ...Object.values(people).flatMap(({ password, access_token, refresh_token }) => [
        ...[password, access_token, refresh_token],
      ]),
    ],
    selfOf,
    async renew({ who }: Caller): Promise<void> {
      if (who === 'person') people.person = await citizen(false)
      if (who === 'administrator') people.administrator = await citizen(true)
    },
    /** Before every request. */
    async tick(): Promise<void> {
      fresh = newPerson()
      if (++requests % REQUESTS_A_NEIGHBOUR !== 0) return
      people.other = await neighbour()
      mailed = await mails()
    },
    /** Replaces the placeholders of `known-values.ts`. */
    fill(text: string, caller: Caller, path: string): string {
      const sources: Record<string, Record<string, unknown>> = {
        self: selfOf(caller),
        other: people.other,
        new: fresh,
        mailed: { ...mailed, right: mailed[FOR_PATH[path] ?? 'verification'] },
        seen: Object.fromEntries(seen),
      }
      return text.replaceAll(/\{\{(\w+)\.(\w+)\}\}/g, (_, source: string, member: string) =>
        String(sources[source]?.[member] ?? 'none'),
      )
    },
    /** Remembers the ids, names and cursors of a response for later requests. */
    learn(body: unknown): void {
      const values = Array.isArray(body) ? body.entries() : Object.entries(body ?? {})
      for (const [name, value] of values) {
        if (typeof value === 'object') this.learn(value)
        else if (value !== null && value !== '' && !/token|password/.test(String(name)))
          seen.set(String(name), String(value))
      }
    },
  }
}

export type World = Awaited<ReturnType<typeof createWorld>>

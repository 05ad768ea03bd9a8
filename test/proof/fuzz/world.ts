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

/** How many requests may pass before `other` is somebody new: an account that was deleted tells nothing. */
const REQUESTS_A_NEIGHBOUR = 40

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
    secrets: () =>
      Object.values(people).flatMap(({ password, access_token, refresh_token }) => [
        ...[password, access_token, refresh_token],
      ]),
    selfOf,
    async renew({ who }: Caller): Promise<void> {
      if (who === 'person') people.person = await citizen(false)
      if (who === 'administrator') people.administrator = await citizen(true)
    },
    /** Before every request. */
    async tick(): Promise<void> {
      fresh = newPerson()
      if (++requests % REQUESTS_A_NEIGHBOUR === 0) people.other = await neighbour()
    },
    /** Replaces the placeholders of `known-values.ts`. */
    fill(text: string, caller: Caller): string {
      const sources: Record<string, Record<string, unknown>> = {
        self: selfOf(caller),
        other: people.other,
        new: fresh,
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

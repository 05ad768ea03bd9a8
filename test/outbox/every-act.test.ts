import { expect, test } from 'vitest'
import type { Channel } from '../../src/deps.ts'
import { createTestApp, createTestDatabase, newPerson } from '../support/test-app.ts'

// Each act that stores a mail hands it over to be sent after its own response: without the schedule.

async function createMailingApp(variables: Record<string, string> = {}) {
  const taken: { name: string; to: string; token: string }[] = []
  const database = await createTestDatabase()
  const app = await createTestApp({
    database,
    variables: { MAIL_URL: 'smtp://localhost:1', MAIL_FROM: 'no-reply@example.com', ...variables },
    deps: (real) => ({
      channels: {
        mail: (async ({ name, recipient, payload }) => {
          const { text } = await real.composeMail({ name, payload } as never)
          const token = /#token=([\w-]+)/.exec(text)?.[1] ?? ''
          taken.push({ name, to: recipient, token })
        }) satisfies Channel,
      },
    }),
  })
  const tokenOf = async (name: string) => {
    await app.settled()
    return taken.findLast((mail) => mail.name === name)?.token
  }
  const signedIn = async () => {
    const person = await app.register()
    return { ...person, session: app.as(await app.openSession(person)) }
  }
  const administrator = async () => {
    const person = await app.register()
    await database.sql(`insert into user_roles (user_id, role_name) values ($1, 'admin')`, [
      String(person.id),
    ])
    return app.as(await app.openSession(person))
  }
  return { ...app, database, taken, tokenOf, signedIn, administrator }
}

type App = Awaited<ReturnType<typeof createMailingApp>>

const ACTS: Record<string, (app: App) => Promise<unknown>> = {
  email_verification: (app) => app.register(),
  password_reset: async (app) => app.post('/password-resets', { email: (await app.register()).email }),
  password_changed: async (app) => {
    await ACTS['password_reset']?.(app)
    const token = await app.tokenOf('password_reset')
    await app.post('/password-resets/confirm', { token, new_password: 'quite another staple' })
  },
  email_change: async (app) => {
    const { session, password } = await app.signedIn()
    await session.post('/users/me/email', { new_email: newPerson().email, password })
  },
  email_change_requested: async (app) => await ACTS['email_change']?.(app),
  email_changed: async (app) => {
    await ACTS['email_change']?.(app)
    await app.post('/email-verifications/confirm', { token: await app.tokenOf('email_change') })
  },
  email_change_completed: async (app) => await ACTS['email_changed']?.(app),
  email_change_undone: async (app) => {
    await ACTS['email_changed']?.(app)
    await app.post('/email-verifications/undo', { token: await app.tokenOf('email_changed') })
  },
  address_in_use: async (app) => {
    const { email } = await app.register()
    const { session, password } = await app.signedIn()
    await session.post('/users/me/email', { new_email: email, password })
  },
  new_device: async (app) => {
    const { email, password } = await app.register()
    await app.post('/login', { email, password })
    await app.post('/login', { email, password }, { 'User-Agent': 'another' })
  },
  session_replayed: async (app) => {
    const { refresh_token } = await app.openSession(await app.register())
    for (let time = 0; time < 2; time++) {
      const [{ token } = { token: '' }] = [
        { token: time === 0 ? refresh_token : (app as { next?: string }).next },
      ]
      const response = await app.post('/refresh', { refresh_token: token })
      Object.assign(app, { next: ((await response.json()) as { refresh_token: string }).refresh_token })
      app.clock.now = new Date(app.clock.now.getTime() + 20_000)
    }
    await app.post('/refresh', { refresh_token })
  },
  account_locked: async (app) => {
    const { id, email } = await app.register()
    await app.database.sql('update users set consecutive_failures = 99, last_failed_at = $2 where id = $1', [
      String(id),
      app.clock.now.toISOString(),
    ])
    await app.post('/login', { email, password: 'not the password' })
  },
  account_disabled: async (app) => {
    const admin = await app.administrator()
    await admin.patch(`/users/${(await app.register()).id}`, { status: 'disabled' })
  },
  account_deleted: async (app) => {
    const admin = await app.administrator()
    await admin.delete(`/users/${(await app.register()).id}`)
  },
}

test.each(Object.keys(ACTS))('%s is sent after the response of its act', async (name) => {
  const app = await createMailingApp()
  await ACTS[name]?.(app)
  await app.settled()
  expect(app.taken.map((mail) => mail.name)).toContain(name)
  expect(await app.database.sql('select from outbox where sent_at is null')).toEqual([])
})

test.each([
  [
    'one’s own deletion',
    'account_deleted',
    {},
    async (app: App) => {
      const { session, password } = await app.signedIn()
      await session.delete('/users/me', { password })
    },
  ],
  [
    'a change of the password',
    'password_changed',
    {},
    async (app: App) => {
      const { session, password } = await app.signedIn()
      await session.post('/users/me/password', {
        current_password: password,
        new_password: 'quite another one',
      })
    },
  ],
  [
    'an administrator’s reset',
    'password_reset',
    {},
    async (app: App) => {
      const admin = await app.administrator()
      await admin.post(`/users/${(await app.register()).id}/password-reset`)
    },
  ],
  [
    'asking for a verification',
    'email_verification',
    {},
    async (app: App) => {
      const { session } = await app.signedIn()
      await app.settled()
      app.taken.length = 0
      await session.post('/email-verifications')
    },
  ],
  [
    'a sign-in before verification',
    'email_verification',
    { REQUIRE_VERIFIED_EMAIL: 'sign-in' },
    async (app: App) => {
      const { email, password } = await app.register()
      await app.settled()
      app.taken.length = 0
      await app.post('/login', { email, password })
    },
  ],
  [
    'registering with a known address',
    'address_in_use',
    { REGISTRATION_PRIVACY: 'strict' },
    async (app: App) => {
      const person = newPerson()
      for (let time = 0; time < 2; time++) await app.post('/users', { ...newPerson(), email: person.email })
    },
  ],
  [
    'a wrong confirmation that locks',
    'account_locked',
    {},
    async (app: App) => {
      const { session, id } = await app.signedIn()
      await app.database.sql(
        'update users set consecutive_failures = 99, last_failed_at = $2 where id = $1',
        [String(id), app.clock.now.toISOString()],
      )
      await session.post('/users/me/password', {
        current_password: 'not the password',
        new_password: 'quite another one',
      })
    },
  ],
] as const)('%s sends its %s after the response', async (_, name, variables, act) => {
  const app = await createMailingApp(variables)
  await act(app)
  await app.settled()
  const names = app.taken.map((mail) => mail.name)
  // A failure of a live session counts in the session's own bucket, and locks nobody.
  if (name === 'account_locked') expect(names).not.toContain(name)
  else expect(names).toContain(name)
  expect(await app.database.sql('select from outbox where sent_at is null')).toEqual([])
})

test('an invitation is sent after the response that creates the account', async () => {
  const app = await createMailingApp()
  const admin = await app.register()
  await app.database.sql(`insert into user_roles (user_id, role_name) values ($1, 'admin')`, [
    String(admin.id),
  ])
  const taken: string[] = []
  const closed = await createTestApp({
    database: app.database,
    variables: { MAIL_URL: 'smtp://localhost:1', MAIL_FROM: 'no-reply@example.com', REGISTRATION: 'closed' },
    deps: { channels: { mail: async ({ name }) => void taken.push(name) } },
  })
  const session = closed.as(await closed.openSession(admin))
  await session.post('/users', { email: 'in@example.com', username: 'invited', full_name: 'I' })
  await closed.settled()
  expect(taken).toEqual(['invitation'])
})

import { expect } from 'vitest'
import type { Flow } from '../proof/faults/flow.ts'
import { as, asNobody, type Somebody, type World } from '../proof/faults/world.ts'

const NEW_EMAIL = 'canary-new@example.com'

/** Asks for a change of address and uses the link in the mail to the new one. */
async function changeAddress({ status, tokenFor }: World, who: Somebody): Promise<void> {
  const change = { new_email: NEW_EMAIL, password: who.password }
  expect(await status('POST', '/users/me/email', change, who)).toBe(202)
  const token = await tokenFor(NEW_EMAIL, 'email_change')
  expect(await status('POST', '/email-verifications/confirm', { token })).toBe(204)
}

/** The address of an account and whether it is verified. */
const ADDRESS = `select email, case when email_verified_at is null then 'no' else 'yes' end as verified
  from users where id = $1`

const addressOf = async ({ database }: World, { id }: { id: number }) => {
  const [row] = await database.sql(ADDRESS, [id])
  return row
}

const kept = { email: 'ada@example.com', verified: 'no' }

const asking = (note: string, newEmail: string, others: Partial<Flow> = {}): Flow => ({
  route: 'POST /users/me/email',
  note,
  status: 202,
  repeated: { adds: { one_time_tokens: 1, outbox: 2, audit_events: 1 } },
  async given(world) {
    await world.register('bob')
    const ada = await world.person()
    const change = { new_email: newEmail, password: ada.password }
    return {
      request: as(ada, 'POST', '/users/me/email', change),
      async holds() {
        expect(await addressOf(world, ada)).toMatchObject({ email: 'ada@example.com' })
        // The old address hears of it either way.
        expect(await world.kindsFor(ada.email)).toContain('email_change_requested')
      },
    }
  },
  ...others,
})

export const addressFlows: Flow[] = [
  {
    route: 'POST /email-verifications',
    status: 202,
    repeated: { adds: { one_time_tokens: 1, outbox: 1, audit_events: 1 } },
    async given(world) {
      const ada = await world.person()
      return {
        request: as(ada, 'POST', '/email-verifications'),
        holds: () =>
          world.useLinks(ada.email, 'email_verification', (token) =>
            world.status('POST', '/email-verifications/confirm', { token }),
          ),
      }
    },
  },
  {
    route: 'POST /email-verifications',
    note: 'of a verified address',
    status: 204,
    async given({ person, status, tokenFor }) {
      const ada = await person()
      const token = await tokenFor(ada.email, 'email_verification')
      expect(await status('POST', '/email-verifications/confirm', { token })).toBe(204)
      return { request: as(ada, 'POST', '/email-verifications') }
    },
  },
  {
    route: 'POST /email-verifications',
    note: 'beyond the limit',
    status: 429,
    variables: { LIMIT_MAIL_ACCOUNT: '1/3600' },
    async given({ person, status }) {
      const ada = await person()
      expect(await status('POST', '/email-verifications', undefined, ada)).toBe(202)
      return { request: as(ada, 'POST', '/email-verifications') }
    },
  },
  asking('', NEW_EMAIL),
  // Its owner is told instead: no token is made.
  asking('to a taken address', 'bob@example.com', { repeated: { adds: { outbox: 2, audit_events: 1 } } }),
  {
    route: 'POST /users/me/email',
    note: 'with a wrong password',
    status: 403,
    repeated: { adds: { audit_events: 1 } },
    async given(world) {
      const ada = await world.person()
      const change = { new_email: NEW_EMAIL, password: 'a wrong guess at it' }
      return {
        request: as(ada, 'POST', '/users/me/email', change),
        holds: async () => expect(await world.kindsFor(NEW_EMAIL)).toEqual([]),
      }
    },
  },
  {
    route: 'POST /email-verifications/confirm',
    status: 204,
    // The link was used.
    repeated: { status: 400 },
    async given(world) {
      const ada = await world.person()
      const token = await world.tokenFor(ada.email, 'email_verification')
      return {
        request: asNobody('POST', '/email-verifications/confirm', { token }),
        async holds() {
          expect(await addressOf(world, ada)).toEqual({ ...kept, verified: 'yes' })
          expect(await world.me(ada)).toBe(200)
        },
      }
    },
  },
  {
    route: 'POST /email-verifications/confirm',
    note: 'of a new address',
    status: 204,
    repeated: { status: 400 },
    async given(world) {
      const ada = await world.person()
      const change = { new_email: NEW_EMAIL, password: ada.password }
      expect(await world.status('POST', '/users/me/email', change, ada)).toBe(202)
      const token = await world.tokenFor(NEW_EMAIL, 'email_change')
      return {
        request: asNobody('POST', '/email-verifications/confirm', { token }),
        async holds() {
          expect(await addressOf(world, ada)).toEqual({ email: NEW_EMAIL, verified: 'yes' })
          expect(await world.me(ada)).toBe(200)
          // One link undoes it, whatever was repeated.
          const kinds = await world.kindsFor(ada.email)
          expect(kinds.filter((kind) => kind === 'email_changed')).toHaveLength(1)
        },
      }
    },
  },
  {
    route: 'POST /email-verifications/confirm',
    note: 'of an address that somebody took meanwhile',
    status: 409,
    async given(world) {
      const ada = await world.person()
      const change = { new_email: 'bob@example.com', password: ada.password }
      expect(await world.status('POST', '/users/me/email', change, ada)).toBe(202)
      const token = await world.tokenFor('bob@example.com', 'email_change')
      await world.register('bob')
      return {
        request: asNobody('POST', '/email-verifications/confirm', { token }),
        holds: async () => expect(await addressOf(world, ada)).toEqual(kept),
      }
    },
  },
  {
    route: 'POST /email-verifications/confirm',
    note: 'a forged token',
    status: 400,
    asksNobody: true,
    given: () =>
      Promise.resolve({
        request: asNobody('POST', '/email-verifications/confirm', { token: 'canary'.repeat(20) }),
      }),
  },
  {
    route: 'POST /email-verifications/reject',
    status: 204,
    // The account is gone, and its tokens with it.
    repeated: { status: 400 },
    async given(world) {
      const ada = await world.person()
      const token = await world.tokenFor(ada.email, 'email_verification')
      return {
        request: asNobody('POST', '/email-verifications/reject', { token }),
        async holds() {
          expect(await world.me(ada)).toBe(401)
          expect(await addressOf(world, ada)).toBeUndefined()
        },
      }
    },
  },
  {
    route: 'POST /email-verifications/undo',
    status: 204,
    repeated: { status: 400 },
    async given(world) {
      const ada = await world.person()
      await changeAddress(world, ada)
      const token = await world.tokenFor(ada.email, 'email_changed')
      return {
        request: asNobody('POST', '/email-verifications/undo', { token }),
        async holds() {
          expect(await addressOf(world, ada)).toEqual({ ...kept, verified: 'yes' })
          expect(await world.me(ada)).toBe(401)
          const credentials = { email: ada.email, password: ada.password }
          expect(await world.status('POST', '/login', credentials)).toBe(401)
          // One mail leads to a new password.
          const kinds = await world.kindsFor(ada.email)
          expect(kinds.filter((kind) => kind === 'email_change_undone')).toHaveLength(1)
        },
      }
    },
  },
]

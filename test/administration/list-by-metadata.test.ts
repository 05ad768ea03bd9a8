import { describe, expect, test } from 'vitest'
import { administratorsOf } from '../support/administrators.ts'
import { createTestApp } from '../support/test-app.ts'

const app = await createTestApp()
const { appoint, ask } = administratorsOf(app)
const admin = await appoint('admin')

const METADATA: Record<string, object> = {
  ada: { plan: 'pro', seats: 5, isTrial: false, tags: ['beta'] },
  bob: { plan: 'pro', seats: '5', nested: { plan: 'enterprise' } },
  eve: { plan: 'Pro', seats: 5.5, 'a.b': 'dotted', 'a b&=c': 'odd', '': 'empty' },
  mia: { plan: 'null', isTrial: true, list: [5] },
  zoe: { customer: 9007199254740991, share: 0.30000000000000004, tiny: 1.5e-7, least: 5e-324 },
}
const people = new Map<string, Awaited<ReturnType<typeof app.register>>>()
for (const [username, metadata] of Object.entries(METADATA)) {
  const person = await app.register({ username, email: `${username}@example.com` })
  people.set(username, person)
  await ask(admin, 'PATCH', `/users/${person.id}`, { app_metadata: metadata })
}
const find = async (query: string) => {
  const { status, body } = await ask(admin, 'GET', `/users?${query}`)
  return status === 200 ? body.items.map(({ username }) => username) : [status, body['code']]
}

describe('GET /users?app_metadata.<member>=<value>', () => {
  test.each([
    ['app_metadata.plan=pro', ['ada', 'bob']],
    ['app_metadata.plan=Pro', ['eve']],
    ['app_metadata.plan=pr', []],
    ['app_metadata.plan=enterprise', []],
    ['app_metadata.plan=null', ['mia']],
    ['app_metadata.plan=%22pro%22', []],
    // A number and a string that looks like it are the same in a query.
    ['app_metadata.seats=5', ['ada', 'bob']],
    ['app_metadata.seats=5.5', ['eve']],
    ['app_metadata.seats=05', []],
    ['app_metadata.isTrial=true', ['mia']],
    ['app_metadata.isTrial=false', ['ada']],
    ['app_metadata.customer=9007199254740991', ['zoe']],
    ['app_metadata.customer=9007199254740992', []],
    ['app_metadata.share=0.30000000000000004', ['zoe']],
    ['app_metadata.share=0.3', []],
    ['app_metadata.tiny=1.5e-7', ['zoe']],
    ['app_metadata.least=5e-324', ['zoe']],
    ['app_metadata.seats=5.0', ['ada']],
    // Not what is inside of a value.
    ['app_metadata.tags=beta', []],
    ['app_metadata.list=5', []],
    ['app_metadata.a.b=dotted', ['eve']],
    ['app_metadata.a%20b%26%3Dc=odd', ['eve']],
    ['app_metadata.__proto__=x', []],
    ['app_metadata.missing=x', []],
    ['app_metadata.plan=pro&query=bo', ['bob']],
    ['app_metadata.plan=pro&role=user&status=active', ['ada', 'bob']],
    ['app_metadata.plan=pro&role=admin', []],
    ['app_metadata.plan=pro&status=disabled', []],
  ])('?%s finds %j', async (query, names) => {
    expect(await find(query)).toEqual(names)
  })

  test.each([
    'app_metadata.plan=',
    'app_metadata.=x',
    'app_metadata=x',
    'user_metadata.plan=pro',
    'app_metadata.plan=pro&app_metadata.plan=free',
    'app_metadata.plan=pro&app_metadata.seats=5',
    'app_metadata.plan=%00',
    'app_metadata.%00=x',
    `app_metadata.${'x'.repeat(101)}=x`,
    `app_metadata.plan=${'x'.repeat(255)}`,
    'App_metadata.plan=pro',
    '__proto__=x',
    'query=a&%5f_proto__=x',
  ])('?%s is refused', async (query) => {
    expect(await find(query)).toEqual([422, 'validation_failed'])
  })

  test('pages go on behind the last one', async () => {
    const first = await ask(admin, 'GET', '/users?app_metadata.plan=pro&limit=1')
    expect(first.body.items).toMatchObject([{ username: 'ada', app_metadata: METADATA['ada'] }])
    const query = `/users?app_metadata.plan=pro&limit=1&cursor=${first.body.next_cursor}`
    const second = await ask(admin, 'GET', query)
    expect(second.body.items).toMatchObject([{ username: 'bob' }])
    expect(second.body.next_cursor).toBeNull()
  })

  test('a change is found at once, and what it replaced is not', async () => {
    const zoe = people.get('zoe')
    await ask(admin, 'PATCH', `/users/${zoe?.id}`, { app_metadata: { stage: 'one' } })
    expect(await find('app_metadata.stage=one')).toEqual(['zoe'])
    await ask(admin, 'PATCH', `/users/${zoe?.id}`, { app_metadata: { stage: 'two' } })
    expect([await find('app_metadata.stage=one'), await find('app_metadata.stage=two')]).toEqual([
      [],
      ['zoe'],
    ])
    await ask(admin, 'PATCH', `/users/${zoe?.id}`, { app_metadata: { stage: null } })
    expect(await find('app_metadata.stage=two')).toEqual([])
  })

  test('what the person wrote is not searched', async () => {
    const eve = people.get('eve')
    if (!eve) throw new Error('nobody')
    await ask(await app.openSession(eve), 'PATCH', '/users/me', { user_metadata: { plan: 'self-made' } })
    expect(await find('app_metadata.plan=self-made')).toEqual([])
  })
})

import { describe, expect, test } from 'vitest'
import { assertAcceptable } from '../../src/passwords/assert-acceptable.ts'
import { createTestApp, newPerson, type Person } from '../support/test-app.ts'

const { post, as, register, signIn, deps, database, hasher } = await createTestApp()

const ada = { username: 'ada', email: 'ada.lovelace@example.com' }
/** The code of what is wrong with a password of Ada's; `null` if nothing is. */
async function problemOf(password: string, account: Partial<typeof ada> = {}, rules = deps) {
  try {
    await assertAcceptable(rules, { ...ada, ...account, password, pointer: '/password' })
    return null
  } catch (error) {
    return (error as { errors?: { code: string }[] }).errors?.[0]?.code
  }
}

const weak: [string, string, string][] = [
  ['a common one', 'password1', 'too_common'],
  ['a common one in capitals', 'PassWord1', 'too_common'],
  ['a common one in full-width letters', 'ｐａｓｓｗｏｒｄ', 'too_common'],
  ['the name of the product', 'LumaScope2026!', 'resembles_account'],
]

describe('registering with a weak password', () => {
  test.each(weak)('refuses %s, and nothing happens', async (_, password, code) => {
    const person = { ...newPerson(), password }
    await database.roundTrips()
    hasher.count = 0
    const response = await post('/users', person)
    expect(response.status).toBe(422)
    const body = (await response.json()) as { detail: string; errors: { detail: string }[] }
    expect(body).toMatchObject({ code: 'weak_password', errors: [{ pointer: '/password', code }] })
    expect(body.detail).toBe(`password: ${body.errors[0]?.detail}`)
    expect(JSON.stringify(body)).not.toContain(password)
    expect(hasher.count).toBe(0)
    expect(await database.roundTrips()).toEqual([])
    expect(await database.sql('select 1 from users where username = $1', [person.username])).toEqual([])
  })
})

describe('changing to a weak password', () => {
  const change = (token: string, body: object) => as(token).post('/users/me/password', body)
  const hashOf = async ({ username }: Person) =>
    (await database.sql('select password_hash from users where username = $1', [username]))[0]

  test.each([
    ...weak,
    ['the own username', 'grace-hopper-7', 'resembles_account'],
    ['the own address', 'Gracie@example.com', 'resembles_account'],
  ])('refuses %s before the current one is looked at', async (_, new_password, code) => {
    await database.sql('delete from users')
    const person = await register({ username: 'Grace-Hopper', email: 'gracie@example.com' })
    const token = await signIn(person)
    const before = await hashOf(person)
    await database.roundTrips()
    hasher.count = 0
    const response = await change(token, { current_password: 'a wrong one', new_password })
    expect(response.status).toBe(422)
    expect(await response.json()).toMatchObject({
      code: 'weak_password',
      detail: expect.stringMatching(/^new_password: /),
      errors: [{ pointer: '/new_password', code }],
    })
    expect(hasher.count).toBe(0)
    // The guard's: who is asking.
    expect(await database.roundTrips()).toHaveLength(1)
    expect(await hashOf(person)).toEqual(before)
    expect((await as(token).get('/users/me')).status).toBe(200)
  })
})

describe('a password that resembles the account (ASVS 6.2.11)', () => {
  test.each([
    ['the username and digits', 'Countess-1815', { username: 'countess' }],
    ['the username twice', 'countesscountess', { username: 'Countess' }],
    ['the whole address', 'ADA.Lovelace@Example.com', {}],
    ['the address and 7 more', 'ada.lovelace@example.com1234567', {}],
    ['the local part', 'ada.lovelace!', {}],
    ['username and product', 'ada@lumascope', {}],
    ['the product in two words', 'Luma Scope 26', {}],
    ['full-width letters', 'ｌｕｍａｓｃｏｐｅ１', {}],
    ['the product with something between', 'luma_scope-1', {}],
    ['the local part with something else between', 'Ada-Lovelace', {}],
    ['the name and 7 more with something between', 'ada12kq-x7z', {}],
    ['a longer word inside which a shorter one is', 'ada-the-first', { username: 'ada-the-first' }],
  ])('is refused: %s', async (_, password, account) => {
    expect(await problemOf(password, account)).toBe('resembles_account')
  })

  test.each([
    ['a name among other words', 'ada-likes-turtles', {}],
    ['8 code points beside the name', 'ada12kq-x7z9', {}],
    ['8 astral characters beside the name', `ada${'😀'.repeat(8)}`, {}],
    ['a name of two characters', 'bobobobo', { email: 'bo@example.com' }],
    ['the domain of the address', 'example.com', {}],
  ])('is not: %s', async (_, password, account) => {
    expect(await problemOf(password, account)).toBe(null)
  })
})

describe('a common password is one (ASVS 6.2.4)', () => {
  test.each([
    ['with a soft hyphen', 'pass\u00adword'],
    ['with a space of no width', 'password\u200b'],
    ['after the name', 'ada12345678'],
    ['before the name', 'Password1ada'],
    ['after the address', 'ada.lovelace@example.compassword'],
    ['after the product', 'LumaScope12345678'],
    ['after the product, and something between', 'lumascope-password'],
  ])('%s too', async (_, password) => {
    expect(await problemOf(password)).toBe('too_common')
  })
})

describe('the shortest length (ASVS 6.2.1)', () => {
  test.each([
    ['7 code points', '8', '😀'.repeat(7), 'too_short'],
    ['8 code points', '8', '😀'.repeat(8), null],
    ['14 of 15 code points', '15', '😀'.repeat(14), 'too_short'],
    ['15 of 15 code points', '15', '😀'.repeat(15), null],
    // One character in NFKC.
    ['8 letters with 8 accents of their own', '15', 'e\u0301'.repeat(8), 'too_short'],
  ])('%s', async (_, PASSWORD_MIN_LENGTH, password, code) => {
    const strict = await createTestApp({ variables: { PASSWORD_MIN_LENGTH } })
    expect(await problemOf(password, {}, strict.deps)).toBe(code)
  })

  test('is said as the schema says its own', async () => {
    const strict = await createTestApp({ variables: { PASSWORD_MIN_LENGTH: '15' } })
    const errorsOf = async (password: string) => {
      const response = await strict.post('/users', { ...newPerson(), password })
      const { instance: _, ...problem } = (await response.json()) as { instance: string; detail: string }
      return { ...problem, status: response.status }
    }
    const [ours, schemas] = [await errorsOf('only 14 chars.'), await errorsOf('7 chars')]
    expect(JSON.stringify(ours).replaceAll('15', '8')).toEqual(JSON.stringify(schemas))
    expect(ours).toMatchObject({ status: 422, code: 'validation_failed' })
  })
})

describe('common passwords (ASVS 6.2.4)', () => {
  test('all of the list are refused, in capitals too', async () => {
    const list = [...(await deps.commonPasswords())]
    // With Ada's, those that have "canada" in them would be refused for another reason.
    const nobody = { username: 'zqzqzq', email: 'zqzqzq@example.com' }
    const codes = await Promise.all(list.map((password) => problemOf(password.toUpperCase(), nobody)))
    expect(new Set(codes)).toEqual(new Set(['too_common']))
  })

  test.each(['password1x7', 'my password1', ' password', 'correct horse 17', ' '.repeat(8)])(
    'part of one is not one: %j',
    async (password) => {
      expect(await problemOf(password)).toBe(null)
    },
  )

  test('without the list nobody registers: a password that can’t be checked is refused', async () => {
    const broken = await createTestApp({ deps: { commonPasswords: () => Promise.reject(new Error('gone')) } })
    broken.hasher.count = 0
    const response = await broken.post('/users', newPerson())
    expect(response.status).toBe(500)
    expect(await response.json()).toMatchObject({ code: 'internal_error' })
    expect(broken.hasher.count).toBe(0)
    expect(broken.log).toMatchObject([{ event: 'request_failed' }])
  })
})

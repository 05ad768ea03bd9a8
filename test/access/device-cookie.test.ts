import { describe, expect, test } from 'vitest'
import { createGuessing, deviceOf, WRONG } from '../support/guessing.ts'

const { failOftenAs, tested, elsewhere, later, login, guess, signedIn, withDevice } = await createGuessing()
const { request, as, register } = tested

describe('a device cookie', () => {
  test('has a bucket of its own, of the same size', async () => {
    const { person, device } = await withDevice()
    expect(await guess(person.email, 6, device)).toEqual([401, 401, 401, 401, 401, 429])
    // Nothing of that was the account's.
    expect((await login(person.email, person.password)).status).toBe(200)
  })

  test('stays the same device with the same bucket', async () => {
    const { person, device } = await withDevice()
    const renewed = deviceOf(await login(person.email, person.password, device))
    expect(await guess(person.email, 3, device)).toEqual([401, 401, 401])
    expect(await guess(person.email, 3, renewed)).toEqual([401, 401, 429])
  })

  test.each([
    ['of another account', async () => (await withDevice()).device],
    ['that is forged', () => ({ Cookie: `lumascope_8000_device=${'A'.repeat(80)}` })],
    ['that is there twice', async () => twice((await withDevice()).device)],
  ])('%s is worth nothing', async (_, make) => {
    const person = await register()
    await guess(person.email, 5)
    elsewhere()
    expect((await login(person.email, person.password, await make())).status).toBe(429)
  })
  const twice = ({ Cookie }: { Cookie: string }) => ({ Cookie: `${Cookie}; ${Cookie}` })

  test('is worth nothing on a request of a foreign page, which could use it up', async () => {
    const { person, device } = await withDevice()
    await guess(person.email, 5)
    const foreign = { ...device, Origin: 'https://evil.example' }
    for (let time = 0; time < 10; time++) expect((await login(person.email, WRONG, foreign)).status).toBe(403)
    expect((await login(person.email, person.password, device)).status).toBe(200)
  })

  test('counts for 400 days, and not a second longer (row 41)', async () => {
    const { person, device } = await withDevice()
    const works = async () => {
      await guess(person.email, 5)
      return (await login(person.email, person.password, device)).status === 200
    }
    later(400 * 86_400 - 1)
    expect(await works()).toBe(true)
    later(1)
    expect(await works()).toBe(false)
  })

  test('is worthless once somebody else replaced the password, but not for who did', async () => {
    const { person, device: former } = await withDevice()
    const { device, token } = await signedIn(person)
    const change = { current_password: person.password, new_password: 'quite another horse' }
    const changed = await as(token).post('/users/me/password', change, device)
    expect(changed.status).toBe(200)
    const renewed = deviceOf(changed)
    await guess(person.email, 5)
    elsewhere()
    for (const past of [former, device]) {
      expect((await login(person.email, change.new_password, past)).status).toBe(429)
    }
    expect((await login(person.email, change.new_password, renewed)).status).toBe(200)
  })

  test('stays known when somebody with a stolen token signs its owner out everywhere', async () => {
    const { person, device, token } = await withDevice()
    const out = await as(token).delete('/users/me/sessions?keep_current=true')
    expect([out.status, out.headers.getSetCookie()]).toEqual([204, []])
    await guess(person.email, 5)
    elsewhere()
    expect((await login(person.email, person.password)).status).toBe(429)
    expect((await login(person.email, person.password, device)).status).toBe(200)
  })

  test('is not renewed if another account’s or a worthless one is presented', async () => {
    const { person, token } = await withDevice()
    const { device: foreign } = await withDevice()
    const change = { current_password: person.password, new_password: 'quite another horse' }
    const changed = await as(token).post('/users/me/password', change, foreign)
    expect([changed.status, changed.headers.getSetCookie()]).toEqual([200, []])
  })

  test('that failed 100 times is a stranger’s, who may still come in', async () => {
    const { person, device } = await withDevice()
    await failOftenAs(device, person.email)
    expect((await login(person.email, person.password, device)).status).toBe(200)
    // It was the account's budget that this took: the device's own is not back.
    await guess(person.email, 5)
    elsewhere()
    expect((await login(person.email, person.password, device)).status).toBe(429)
  })

  test.each([
    ['Origin', { Origin: 'https://evil.example' }],
    ['Sec-Fetch-Site', { 'Sec-Fetch-Site': 'cross-site' }],
  ])('is not given to a foreign page (%s), which would take the visitor’s own away', async (_, headers) => {
    const person = await register()
    const response = await login(person.email, person.password, headers as Record<string, string>)
    expect([response.status, response.headers.getSetCookie()]).toEqual([403, []])
  })

  test('stays when another account is deleted', async () => {
    const { device: kept } = await withDevice()
    const { person, token, device } = await withDevice()
    const remove = (cookie: { Cookie: string }) =>
      as(token).delete('/users/me', { password: person.password }, cookie)
    expect(device.Cookie).not.toBe(kept.Cookie)
    const removed = await remove(kept)
    expect([removed.status, removed.headers.getSetCookie()]).toEqual([204, []])
  })

  test('opens nothing by itself', async () => {
    const { person, device } = await withDevice()
    expect((await request('/users/me', { headers: device })).status).toBe(401)
    expect((await login(person.email, WRONG, device)).status).toBe(401)
  })
})

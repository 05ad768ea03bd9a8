import { beforeEach } from 'vitest'
import { createTestApp, createTestDatabase, DEFAULT_LIMITS } from './test-app.ts'

/** Nobody has this password. */
export const WRONG = 'not the password'

/** The device cookie of a response, as a request sends it. */
export function deviceOf(response: Response): { Cookie: string } {
  const cookies = response.headers.getSetCookie().map((cookie) => cookie.split(';')[0] ?? '')
  return { Cookie: cookies.find((cookie) => cookie.startsWith('lumascope_8000_device=')) ?? 'none' }
}

/** The application with the default limits, and attackers who guess passwords. */
export async function createGuessing() {
  let address = 0
  /** A new address in every test; tests may set another. */
  const client = { address: '' }
  const elsewhere = () => {
    address++
    client.address = `198.51.${100 + (address >> 8)}.${address & 255}`
  }
  beforeEach(elsewhere)
  const database = await createTestDatabase()
  const tested = await createTestApp({
    database,
    variables: { ...DEFAULT_LIMITS, LIMIT_REGISTER_ADDRESS: '10000/60' },
    deps: { clientAddress: () => client.address },
  })
  const { post, register, clock } = tested
  const later = (seconds: number) => {
    clock.now = new Date(clock.now.getTime() + seconds * 1000)
  }
  const login = (email: string, password: string, headers: Record<string, string> = {}) =>
    post('/login', { email, password }, headers)
  /** Guesses one after the other and returns the statuses. */
  const guess = async (email: string, times: number, headers?: Record<string, string>) => {
    const statuses = []
    for (let time = 0; time < times; time++) statuses.push((await login(email, WRONG, headers)).status)
    return statuses
  }
  const signedIn = async ({ email, password }: { email: string; password: string }) => {
    const response = await login(email, password)
    const { access_token: token } = (await response.json()) as { access_token: string }
    return { device: deviceOf(response), token }
  }
  /** A person who has signed in with one browser. */
  const withDevice = async () => {
    const person = await register()
    return { person, ...(await signedIn(person)) }
  }
  /** A hundred wrong passwords from one device; only the last five are sent. */
  const failOftenAs = async (device: { Cookie: string }, email: string) => {
    const rows = () =>
      database.sql("select key, attempts from rate_limits where key like 'device:%' order by key")
    const before = new Map((await rows()).map(({ key, attempts }) => [key, attempts]))
    await guess(email, 1, device)
    const [spent] = (await rows()).filter(({ key = '', attempts }) => before.get(key) !== attempts)
    await database.sql('update rate_limits set attempts = 95 where key = $1', [spent?.['key']])
    later(300)
    await guess(email, 5, device)
    later(300)
  }
  return { failOftenAs, tested, database, client, elsewhere, later, login, guess, signedIn, withDevice }
}

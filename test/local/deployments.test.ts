import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { type Development, startAll } from '../support/development.ts'
import { authorization } from '../support/requests-as.ts'

// What the deployments of three apps do, each as a developer starts it.

const DEPLOYMENTS = [
  {
    name: 'LumaScope’s default',
    variables: {},
    product: { title: 'LumaScope Auth', realm: 'LumaScope', cookie: 'lumascope' },
    fields: { required: ['username', 'full_name'], optional: [] },
  },
  {
    name: 'ACCOUNT_FIELDS=none',
    variables: { ACCOUNT_FIELDS: 'none' },
    product: { title: 'LumaScope Auth', realm: 'LumaScope', cookie: 'lumascope' },
    fields: { required: [], optional: [] },
  },
  {
    name: 'ACCOUNT_FIELDS=full_name? of Acme Notes',
    variables: { ACCOUNT_FIELDS: 'full_name?', PRODUCT_NAME: 'Acme Notes' },
    product: { title: 'Acme Notes Auth', realm: 'Acme Notes', cookie: 'acme-notes' },
    fields: { required: [], optional: ['full_name'] },
  },
] satisfies Deployment[]

type Field = 'username' | 'full_name'
type Deployment = {
  name: string
  variables: NodeJS.ProcessEnv
  product: { title: string; realm: string; cookie: string }
  fields: { required: Field[]; optional: Field[] }
}

const instances = await startAll(DEPLOYMENTS.map(({ variables }) => variables))
afterAll(async () => void (await Promise.all(instances.map(({ stop }) => stop()))))

const FRONTEND = 'http://localhost:3000'
const password = 'correct horse battery'
/** Beyond ASCII, with the characters that base64url writes differently. */
const full_name = 'Zoë Łukasiewicz ~?> 東京'

type Json = Record<string, unknown>
type Pair = { access_token: string; refresh_token: string; token_type: string }
const jsonOf = async <T = Json>(response: Response) => (await response.json()) as T

/** Requests to an instance, as a page at the frontend's origin sends them. */
function pageOf({ api }: Pick<Development, 'api'>) {
  const post = (path: string, init: RequestInit) =>
    fetch(api + path, { ...init, method: 'POST', headers: { ...init.headers, Origin: FRONTEND } })
  return {
    get: (path: string, token?: string) =>
      fetch(api + path, { headers: { Origin: FRONTEND, ...(token && authorization(token)) } }),
    postJson: (path: string, body: object) =>
      post(path, { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
    postForm: (path: string, fields: Record<string, string>) =>
      post(path, { body: new URLSearchParams(fields) }),
  }
}

/** As LumaScope's frontends read a token. */
const payloadOf = (token: string) => JSON.parse(atob(token.split('.')[1] ?? '')) as Json

describe('LumaScope’s frontends, with the requests that they send', () => {
  const { get, postJson, postForm } = pageOf(instances[0] as Development)
  const email = 'zoe@example.com'
  const registered = postJson('/users/', { username: 'zoe', email, full_name, password })

  test('POST /users/ creates the account', async () => {
    const response = await registered
    expect(response.status).toBe(201)
    expect(await jsonOf(response.clone())).toMatchObject({
      id: expect.any(Number),
      username: 'zoe',
      email,
      full_name,
    })
  })

  test('a form to /login gives a token, whose payload has the address as sub and the full name', async () => {
    await registered
    const response = await postForm('/login', { email, password })
    expect(response.status).toBe(200)
    expect(response.headers.get('Access-Control-Allow-Origin')).toBe(FRONTEND)
    const { access_token, token_type } = await jsonOf<Pair>(response)
    expect(token_type).toBe('bearer')
    expect(payloadOf(access_token)).toMatchObject({ sub: email, full_name, roles: ['user'] })
  })

  test.each([
    ['the address', email],
    ['the username', 'zoe'],
  ])('/auth/login with %s, /auth/me and /auth/refresh', async (_, username) => {
    const { id } = await jsonOf((await registered).clone())
    const signedIn = await postForm('/auth/login', { username, password })
    expect(signedIn.status).toBe(200)
    const pair = await jsonOf<Pair>(signedIn)
    const me = await get('/auth/me', pair.access_token)
    expect(me.status).toBe(200)
    expect(await jsonOf(me)).toMatchObject({ id, email, full_name, role: 'user' })
    const refreshed = await postJson('/auth/refresh', { refresh_token: pair.refresh_token })
    expect(refreshed.status).toBe(200)
    const next = await jsonOf<Pair>(refreshed)
    expect(next.refresh_token).not.toBe(pair.refresh_token)
    expect((await get('/auth/me', next.access_token)).status).toBe(200)
  })
})

describe.each(DEPLOYMENTS)('$name', ({ name, product, fields }) => {
  const instance = instances[DEPLOYMENTS.findIndex((each) => each.name === name)] as Development
  const { get, postJson, postForm } = pageOf(instance)
  const taken: Field[] = [...fields.required, ...fields.optional]
  /** Somebody who gives these fields. */
  const personOf = (handle: string, given: readonly Field[]): Json => ({
    email: `${handle}@example.com`,
    password,
    ...(given.includes('username') && { username: handle }),
    ...(given.includes('full_name') && { full_name }),
  })

  test('register, sign in, current user', async () => {
    const { password: _, ...person } = personOf('grace', taken)
    const registered = await postJson('/users', { ...person, password })
    expect(registered.status).toBe(201)
    const user = await jsonOf(registered)
    expect(user).toMatchObject({ username: null, full_name: null, ...person, roles: ['user'] })
    const signedIn = await jsonOf<Pair>(await postForm('/login', { email: 'grace@example.com', password }))
    expect(await jsonOf(await get('/users/me', signedIn.access_token))).toEqual(user)
    expect(payloadOf(signedIn.access_token)['full_name']).toBe(person['full_name'])
  })

  test('the least that a registration has, and at once a session', async () => {
    const response = await postJson('/users?sign_in=true', personOf('least', fields.required))
    expect(response.status).toBe(201)
    const { access_token, user } = await jsonOf<Pair & { user: Json }>(response)
    expect(await jsonOf(await get('/users/me', access_token))).toEqual(user)
  })

  test('what /openapi.json says of a registration is true', async () => {
    const { components } = await jsonOf<Openapi>(await get('/openapi.json'))
    const { required, properties } = components.schemas.Registration
    expect([...required].sort()).toEqual(['email', 'password', ...fields.required].sort())
    expect(Object.keys(properties).sort()).toEqual(['email', 'password', ...taken].sort())
    const whole = personOf('truth', taken)
    for (const member of required) {
      const response = await postJson('/users', { ...whole, [member]: undefined })
      expect(await refusalOf(response)).toEqual([`/${member} required`])
    }
    const all = personOf('truth', ['username', 'full_name'])
    for (const member of Object.keys(all).filter((each) => !(each in properties))) {
      const response = await postJson('/users', { ...whole, [member]: all[member] })
      expect(await refusalOf(response)).toEqual([`/${member} unknown_member`])
    }
  })

  test('its title and the name of its cookie are those of the product', async () => {
    const { info, components } = await jsonOf<Openapi>(await get('/openapi.json'))
    expect(info.title).toBe(product.title)
    expect((await jsonOf(await get('/')))['name']).toBe(product.title)
    const cookie = `${product.cookie}_${instance.port}_access`
    expect(components.securitySchemes.cookie.name).toBe(cookie)
    const response = await postJson('/users?sign_in=true&use_cookies=true', personOf('cookie', taken))
    expect(response.status).toBe(201)
    expect(response.headers.getSetCookie().map((each) => each.split('=')[0])).toContain(cookie)
  })

  test('a 401 names the product', async () => {
    const response = await get('/users/me')
    expect(response.headers.get('WWW-Authenticate')).toBe(`Bearer realm="${product.realm}"`)
  })

  test('the curl lines that npm run dev prints work as printed', async () => {
    const registered = await runPrinted(instance, 'Register')
    expect(registered).toMatchObject({ id: expect.any(Number), email: 'ada@example.com' })
    const { access_token, token_type } = await runPrinted(instance, 'Sign in')
    expect(token_type).toBe('bearer')
    expect(await jsonOf(await get('/users/me', String(access_token)))).toEqual(registered)
  })
})

type Openapi = {
  info: { title: string }
  components: {
    schemas: { Registration: { required: string[]; properties: Json } }
    securitySchemes: { cookie: { name: string } }
  }
}

async function refusalOf(response: Response): Promise<string[]> {
  const { errors = [] } = await jsonOf<{ errors?: { pointer: string; code: string }[] }>(response)
  return errors.map(({ pointer, code }) => `${pointer} ${code}`)
}

/** Runs a line of what an instance printed, as somebody does who copies it into a shell. */
async function runPrinted({ output }: Development, label: string): Promise<Json> {
  const line = new RegExp(`^ {2}${label} +(curl .+)$`, 'm').exec(output())?.[1]
  if (!line) throw new Error(`Nothing to copy behind ${label}:\n${output()}`)
  const { stdout } = await promisify(execFile)('bash', ['-c', line])
  return JSON.parse(stdout) as Json
}

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { importJWK, SignJWT } from 'jose'
import { afterAll, describe, expect, test } from 'vitest'
import { generateKey } from '../src/crypto/signing-key.ts'
import { startAll } from './support/development.ts'
import { root } from './support/process.ts'

const guide = readFileSync(`${root}docs/accounts.md`, 'utf8')

/** The one example in a language, as it is printed. */
function printed(language: string): string {
  const [example, ...others] = [...guide.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))]
  if (!example?.[1] || others.length > 0) throw new Error(`docs/accounts.md has not one ${language} example`)
  return example[1]
}

/** Replaces what a reader replaces. It must be there. */
function replaceOnce(text: string, from: string, to: string): string {
  if (text.split(from).length !== 2) throw new Error(`The example does not say ${from} once`)
  return text.replace(from, () => to)
}

/** Debian's own: another one that is first in PATH lacks the packages of Debian. */
const PYTHON = '/usr/bin/python3'
const hasPyjwt = spawnSync(PYTHON, ['-I', '-c', 'import jwt, cryptography']).status === 0

/** A language of the guide: how to run its example, and the lines behind it that call `verify`. */
const JAVASCRIPT = {
  name: 'JavaScript',
  example: printed('js'),
  command: [process.execPath, '--input-type=module', '-'],
  issuer: "issuer = 'https://auth.example.com'",
  audience: 'audience = issuer',
  calls: `
const outcomes = process.argv.slice(2).map(async (token) => {
  try {
    return await verify(token)
  } catch (error) {
    return error.code ?? error.message
  }
})
console.log(JSON.stringify(await Promise.all(outcomes)))
`,
}
const PYTHON_3 = {
  name: 'Python',
  example: printed('python'),
  command: [PYTHON, '-I', '-'],
  issuer: "ISSUER = 'https://auth.example.com'",
  audience: 'AUDIENCE = ISSUER',
  calls: `
import json, sys

def outcome(token):
    try:
        return verify(token)
    except jwt.PyJWTError as error:
        return type(error).__name__

print(json.dumps([outcome(token) for token in sys.argv[1:]]))
`,
}

type Trust = { issuer: string; audience: string }

const LANGUAGES = hasPyjwt ? [JAVASCRIPT, PYTHON_3] : [JAVASCRIPT]

/** What the example answers to each token: the id of the user, or the name of its refusal. */
async function verifyAll(language: typeof JAVASCRIPT, trust: Trust, tokens: string[]): Promise<unknown[]> {
  const named = replaceOnce(language.example, language.issuer, assign(language.issuer, trust.issuer))
  const program = replaceOnce(named, language.audience, assign(language.audience, trust.audience))
  const [file = '', ...args] = language.command
  const child = spawn(file, [...args, ...tokens], { cwd: root, env: {} })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)))
  child.stdin.end(program + language.calls)
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`The example failed:\n${output}`)
  return JSON.parse(output)
}

/** The same assignment, of another value. */
function assign(assignment: string, value: string): string {
  return `${assignment.split(' = ')[0]} = ${JSON.stringify(value)}`
}

/** Of its own, so that the test can also sign what the server never would. */
const key = await generateKey('ES256', 'test-key')
const signingKeys = JSON.stringify([key])
const AUDIENCE = 'https://notes.example.com'
const email = 'ada@example.com'

const SETTINGS = [
  { name: 'as it is by default', variables: {}, typ: 'JWT', subjectOf: () => email, audience: null },
  {
    name: 'with JWT_SUBJECT=id, JWT_TYPE=at+jwt and an audience',
    variables: { JWT_SUBJECT: 'id', JWT_TYPE: 'at+jwt', JWT_AUDIENCE: AUDIENCE },
    typ: 'at+jwt',
    subjectOf: (id: number) => String(id),
    audience: AUDIENCE,
  },
]

const instances = await startAll(
  SETTINGS.map(({ variables }) => ({ ...variables, JWT_SIGNING_KEYS: signingKeys })),
)
afterAll(async () => void (await Promise.all(instances.map(({ stop }) => stop()))))

type Pair = { access_token: string; refresh_token: string }

async function registerAndSignIn(api: string) {
  const password = 'correct horse battery'
  const person = { username: 'ada', email, full_name: 'Ada Lovelace', password }
  const headers = { 'Content-Type': 'application/json' }
  // An account before it, so that 1 is not everybody's id.
  for (const each of [{ ...person, username: 'first', email: 'first@example.com' }, person])
    await fetch(`${api}/users`, { method: 'POST', headers, body: JSON.stringify(each) })
  const signedIn = await fetch(`${api}/login`, {
    method: 'POST',
    body: new URLSearchParams({ email, password }),
  })
  const pair = (await signedIn.json()) as Pair
  const me = await fetch(`${api}/users/me`, { headers: { Authorization: `Bearer ${pair.access_token}` } })
  return { pair, id: ((await me.json()) as { id: number }).id }
}

const decoded = (part = '') => JSON.parse(Buffer.from(part, 'base64url').toString()) as object

/** Tokens that must be refused, each for one reason; and the token of the server that they are made of. */
async function forgeriesOf({ access_token, refresh_token }: Pair) {
  const [header = '', payload = '', signature = ''] = access_token.split('.')
  const claims = decoded(payload)
  const now = Math.floor(Date.now() / 1000)
  const sign = async (changed: object, signer: object = key, kid = key.kid) =>
    await new SignJWT({ ...claims, ...changed })
      .setProtectedHeader({ alg: 'ES256', kid })
      .sign(await importJWK(signer, 'ES256'))
  const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const foreign = await generateKey('ES256', key.kid)
  return {
    expired: await sign({ iat: now - 7200, exp: now - 3600 }),
    'changed by somebody': `${header}.${encoded({ ...claims, uid: 1 })}.${signature}`,
    'signed by another key of that name': await sign({}, foreign),
    'signed by a key of another name': await sign({}, foreign, 'other'),
    'for another audience': await sign({ aud: 'https://staging.example.com' }),
    'of another issuer': await sign({ iss: 'https://staging.example.com' }),
    'for another use': await sign({ token_use: 'other' }),
    'without an end': await sign({ exp: undefined }),
    'without a user': await sign({ uid: undefined }),
    'not signed': `${encoded({ alg: 'none', kid: key.kid })}.${payload}.`,
    'a refresh token': refresh_token,
  }
}

type Forgery = keyof Awaited<ReturnType<typeof forgeriesOf>>

const CLAIM = 'ERR_JWT_CLAIM_VALIDATION_FAILED'
/** The refusals of both languages. */
const REASONS: Record<Forgery, [javascript: string, python: string]> = {
  expired: ['ERR_JWT_EXPIRED', 'ExpiredSignatureError'],
  'changed by somebody': ['ERR_JWS_SIGNATURE_VERIFICATION_FAILED', 'InvalidSignatureError'],
  'signed by another key of that name': ['ERR_JWS_SIGNATURE_VERIFICATION_FAILED', 'InvalidSignatureError'],
  'signed by a key of another name': ['ERR_JWKS_NO_MATCHING_KEY', 'PyJWKClientError'],
  'for another audience': [CLAIM, 'InvalidAudienceError'],
  'of another issuer': [CLAIM, 'InvalidIssuerError'],
  'for another use': ['Not an access token', 'InvalidTokenError'],
  'without an end': [CLAIM, 'MissingRequiredClaimError'],
  'without a user': [CLAIM, 'MissingRequiredClaimError'],
  'not signed': ['ERR_JOSE_ALG_NOT_ALLOWED', 'InvalidAlgorithmError'],
  'a refresh token': ['ERR_JWS_INVALID', 'DecodeError'],
}

describe.each(SETTINGS)('a token of an instance $name', ({ typ, subjectOf, audience, variables }) => {
  const { api = '' } = instances[SETTINGS.findIndex((settings) => settings.variables === variables)] ?? {}
  const trust = { issuer: api, audience: audience ?? api }
  const person = registerAndSignIn(api)

  test('has the type, the subject and the id that are configured', async () => {
    const { pair, id } = await person
    const [header, payload] = pair.access_token.split('.')
    expect(decoded(header)).toEqual({ alg: 'ES256', typ, kid: key.kid })
    const { issuer: iss, audience: aud } = trust
    expect(decoded(payload)).toMatchObject({ iss, aud, uid: id, sub: subjectOf(id) })
  })

  test.each(LANGUAGES)(
    'is verified by the $name of docs/accounts.md, and no forgery is',
    async (language) => {
      const { pair, id } = await person
      const forgeries = await forgeriesOf(pair)
      const tokens = [pair.access_token, ...Object.values(forgeries)]
      const [accepted, ...refused] = await verifyAll(language, trust, tokens)
      expect(accepted).toBe(id)
      const names = Object.keys(forgeries) as Forgery[]
      expect(Object.fromEntries(names.map((name, index) => [name, refused[index]]))).toEqual(
        Object.fromEntries(names.map((name) => [name, REASONS[name][language === JAVASCRIPT ? 0 : 1]])),
      )
    },
  )
})

test.skipIf(hasPyjwt)(
  'python3-jwt and python3-cryptography are missing: the Python example is not tried',
  ({ skip }) => skip(),
)

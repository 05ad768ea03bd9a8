import { describe, expect, test } from 'vitest'
import { assertUsableKeys, ConfigError, parseConfig, VARIABLE_NAMES } from '../../src/config/parse-config.ts'
import { generateKey } from '../../src/crypto/signing-key.ts'

const secret = () => crypto.randomUUID() + crypto.randomUUID()
const key = (kid: string, k = btoa(secret()).replaceAll('=', '')) => ({ kty: 'oct', alg: 'HS256', kid, k })

const local = {
  DATABASE_URL: 'postgresql://u:p@localhost:4444/db',
  PUBLIC_URL: 'http://localhost:8000',
  JWT_SECRET: secret(),
  AUTH_SECRETS: secret(),
}
const production = {
  ...local,
  DATABASE_URL: 'postgresql://u:p@ep-x.eu-central-1.aws.neon.tech/db?sslmode=require',
  PUBLIC_URL: 'https://auth.example.com',
  APP_URL: 'https://app.example.com',
}

const problemsOf = (source: Record<string, unknown>): readonly string[] => {
  try {
    parseConfig(source)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

describe('defaults', () => {
  test('on this machine the four necessary variables are enough', () => {
    expect(parseConfig(local)).toEqual({
      databaseUrl: local.DATABASE_URL,
      databaseEndpoint: null,
      databaseSchema: 'lumascope',
      databaseTimeoutMilliseconds: 3000,
      publicUrl: 'http://localhost:8000',
      productName: 'LumaScope',
      productSlug: 'lumascope',
      cookiePrefix: 'lumascope_8000_',
      accountFields: { username: 'required', full_name: 'required' },
      registration: 'open',
      registrationPrivacy: 'off',
      requireVerifiedEmail: 'off',
      mailUrl: { kind: 'mailbox' },
      mailFrom: null,
      mailReplyTo: null,
      mailLogoUrl: null,
      mailLanguages: ['en', 'de'],
      accountPath: '/account',
      jwtSubject: 'email',
      jwtClaims: { names: new Set(['full_name', 'roles', 'scope']), appMetadata: [] },
      jwtType: 'JWT',
      appUrl: 'http://localhost:3000',
      corsOrigins: ['http://localhost:3000'],
      cookies: { secure: false, sameSite: 'lax', partitioned: false },
      signingKeys: [{ kty: 'oct', alg: 'HS256', kid: 'jwt-secret', k: expect.any(String) }],
      audience: 'http://localhost:8000',
      authSecrets: [local.AUTH_SECRETS],
      accessTokenSeconds: 1800,
      refreshIdleSeconds: 604_800,
      refreshGraceSeconds: 10,
      sessionSeconds: 2_592_000,
      passwordIterations: 100_000,
      passwordRounds: 6,
      passwordMinLength: 8,
      breachedPasswordsUrl: null,
      guessingAlarm: 1000,
      limitSignInAccount: { name: 'sign_in_account', count: 5, seconds: 300 },
      limitSignInAddress: { name: 'sign_in_address', count: 20, seconds: 60 },
      limitRegisterAddress: { name: 'register_address', count: 10, seconds: 3600 },
      limitActAccount: { name: 'act', count: 60, seconds: 60 },
      limitProfileAccount: { name: 'profile', count: 10, seconds: 3600 },
      limitMailAccount: { name: 'mail_account', count: 3, seconds: 3600 },
      limitMailAddress: { name: 'mail_address', count: 10, seconds: 3600 },
      limitRefreshSession: { name: 'refresh_session', count: 60, seconds: 60 },
      limitFloodAddress: { name: 'flood_address', count: 100, seconds: 60 },
      auditRetentionDays: 365,
      host: '127.0.0.1',
      port: 8000,
      trustedProxyHops: 0,
    })
  })

  test('in production only the application may call, and it has to be named', () => {
    expect(parseConfig(production).corsOrigins).toEqual(['https://app.example.com'])
    expect(problemsOf({ ...production, APP_URL: undefined })).toEqual([
      'APP_URL is missing (it has a default on loopback only)',
    ])
  })

  test('an empty variable is an absent one', () => {
    expect(parseConfig({ ...local, APP_URL: '', PASSWORD_ROUNDS: '' })).toEqual(parseConfig(local))
  })

  test('bindings that are no strings are ignored', () => {
    expect(problemsOf({ ...local, ASSETS: { fetch: () => {} } })).toEqual([])
  })
})

test('a number or boolean in wrangler.toml must be quoted, and null is no absence', () => {
  expect(problemsOf({ ...local, APP_URL: null, PASSWORD_ROUNDS: 6, PORT: 0 })).toEqual([
    'APP_URL must be a string: put its value in quotes',
    'PASSWORD_ROUNDS must be a string: put its value in quotes',
    'PORT must be a string: put its value in quotes',
  ])
})

test('members of a JWK that mean nothing here are ignored (RFC 7517 section 4)', () => {
  const keys = [{ ...key('a'), use: 'sig', key_ops: ['sign'] }]
  expect(problemsOf({ ...local, JWT_SECRET: undefined, JWT_SIGNING_KEYS: JSON.stringify(keys) })).toEqual([])
})

test('everything that is missing is named at once (row 82)', () => {
  expect(problemsOf({})).toEqual([
    'DATABASE_URL is missing',
    'PUBLIC_URL is missing',
    'AUTH_SECRETS is missing',
    'JWT_SECRET or JWT_SIGNING_KEYS must be set',
  ])
})

test('everything that is wrong is named at once, and no value is quoted', () => {
  const problems = problemsOf({
    DATABASE_URL: 'canary-database',
    PUBLIC_URL: 'canary-public',
    CORS_ORIGINS: '*',
    JWT_SECRET: 'canary',
    PASSWORD_ITERATIONS: '100001',
    ACCESS_TOKEN_SECONDS: '1e3',
    CORS_ORIGIN: 'canary',
  })
  expect(problems.map((problem) => problem.split(' ')[0]).sort()).toEqual([
    'ACCESS_TOKEN_SECONDS',
    'AUTH_SECRETS',
    'CORS_ORIGIN',
    'CORS_ORIGINS',
    'DATABASE_URL',
    'JWT_SECRET',
    'PASSWORD_ITERATIONS',
    'PUBLIC_URL',
  ])
  expect(problems.join()).not.toContain('canary')
})

describe('weak or dangerous values are refused (row 82)', () => {
  const refused: [string, Record<string, string | undefined>, string][] = [
    [
      'a secret of 31 bytes',
      { JWT_SECRET: 'k3JxQ9wLmZ2vRt7bHc5NpY8sDg4FuE1aKo6WiXyB0q' },
      'JWT_SECRET is shorter than 32 bytes',
    ],
    [
      'a secret that spaces make long enough',
      { JWT_SECRET: `k3JxQ9wLmZ2vRt7b${' '.repeat(30)}` },
      'JWT_SECRET is shorter than 32 bytes',
    ],
    [
      "the secret of FastAPI's tutorial",
      { JWT_SECRET: '09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7' },
      'JWT_SECRET can be guessed',
    ],
    [
      'a sentence',
      { JWT_SECRET: 'this is a very secret text for the tokens of our server' },
      'JWT_SECRET has characters',
    ],
    [
      'a weak secret among good ones',
      { AUTH_SECRETS: `${secret()},short` },
      'AUTH_SECRETS [1] is shorter than 32 bytes',
    ],
    ['secrets that are none', { AUTH_SECRETS: ' , ' }, 'AUTH_SECRETS is empty'],
    [
      'keys that are not JSON',
      { JWT_SECRET: undefined, JWT_SIGNING_KEYS: '{' },
      'JWT_SIGNING_KEYS is not JSON',
    ],
    ['no key', { JWT_SECRET: undefined, JWT_SIGNING_KEYS: '[]' }, 'JWT_SIGNING_KEYS has no key'],
    [
      'two keys of one kid',
      { JWT_SECRET: undefined, JWT_SIGNING_KEYS: JSON.stringify([key('a'), key('a')]) },
      'JWT_SIGNING_KEYS repeats a kid',
    ],
    [
      'a key of 31 bytes',
      { JWT_SECRET: undefined, JWT_SIGNING_KEYS: JSON.stringify([key('a', 'A'.repeat(42))]) },
      'JWT_SIGNING_KEYS [0] is shorter than 32 bytes',
    ],
    [
      'an unknown algorithm',
      { JWT_SECRET: undefined, JWT_SIGNING_KEYS: JSON.stringify([{ ...key('a'), alg: 'none' }]) },
      'JWT_SIGNING_KEYS [0] needs an alg',
    ],
    ['* as an origin', { CORS_ORIGINS: '*' }, 'CORS_ORIGINS [0] must not be *'],
    [
      'a wildcard host',
      { CORS_ORIGINS: 'https://*.example.com' },
      'CORS_ORIGINS [0] must be one exact origin',
    ],
    ['null as an origin', { CORS_ORIGINS: 'null' }, 'CORS_ORIGINS [0] is not a URL'],
    [
      'an origin with a path',
      { CORS_ORIGINS: 'https://app.example.com/x' },
      'CORS_ORIGINS [0] must be an origin',
    ],
    [
      'a plain http origin',
      { CORS_ORIGINS: 'https://a.example, http://app.example.com' },
      'CORS_ORIGINS [1] is plain http',
    ],
    [
      'plain http as the public URL',
      { PUBLIC_URL: 'http://auth.example.com' },
      'PUBLIC_URL is plain http off this machine',
    ],
    [
      'a host that only starts like loopback',
      { PUBLIC_URL: 'http://localhost.example.com' },
      'PUBLIC_URL is plain http',
    ],
    [
      'an address that only starts like loopback',
      { PUBLIC_URL: 'http://127.0.0.1.example.com' },
      'PUBLIC_URL is plain http',
    ],
    ['the address of all interfaces', { PUBLIC_URL: 'http://0.0.0.0:8000' }, 'PUBLIC_URL is plain http'],
    ['a public URL with a path', { PUBLIC_URL: 'https://example.com/auth' }, 'PUBLIC_URL must be an origin'],
    [
      'a public URL with credentials',
      { PUBLIC_URL: 'https://user@example.com' },
      'PUBLIC_URL must be an origin',
    ],
    [
      'a public URL of another scheme',
      { PUBLIC_URL: 'ftp://example.com' },
      'PUBLIC_URL must be an http or https URL',
    ],
    [
      'a call above the cap of Workers',
      { PASSWORD_ITERATIONS: '100001' },
      'PASSWORD_ITERATIONS is above 100000',
    ],
    [
      'too little work in all',
      { PASSWORD_ROUNDS: '5' },
      'PASSWORD_ITERATIONS × PASSWORD_ROUNDS is 500000; OWASP',
    ],
    [
      'too little work, spread thin',
      { PASSWORD_ITERATIONS: '10000', PASSWORD_ROUNDS: '20' },
      'PASSWORD_ITERATIONS × PASSWORD_ROUNDS is 200000',
    ],
    ['more rounds than a verifier takes', { PASSWORD_ROUNDS: '21' }, 'PASSWORD_ROUNDS is above 20'],
    ['a lifetime of no seconds', { ACCESS_TOKEN_SECONDS: '0' }, 'ACCESS_TOKEN_SECONDS is under 60'],
    ['a number in another notation', { PORT: '0x50' }, 'PORT is not a whole number'],
    [
      'another kind of database',
      { DATABASE_URL: 'mysql://u:p@localhost/db' },
      'DATABASE_URL must start with postgresql://',
    ],
    [
      'a database without a user',
      { DATABASE_URL: 'postgresql://localhost/db' },
      'DATABASE_URL needs a user, a password, a host and a database',
    ],
    [
      'a database without TLS',
      { DATABASE_URL: 'postgresql://u:p@ep-x.eu-central-1.aws.neon.tech/db?sslmode=disable' },
      'DATABASE_URL must not allow plain text',
    ],
    [
      'a misspelt name',
      { PASSWORD_ITERATION: '100000' },
      'PASSWORD_ITERATION is not a variable of this server',
    ],
  ]
  test.each(refused)('%s', (_, change, problem) => {
    const problems = problemsOf({ ...local, ...change })
    expect(problems).toHaveLength(1)
    expect(problems[0]?.startsWith(problem), problems[0]).toBe(true)
  })
})

test.each([
  ['localhost with another port', { PUBLIC_URL: 'http://localhost:1' }],
  ['a name under localhost', { PUBLIC_URL: 'http://auth.localhost' }],
  ['an IPv4 loopback address', { PUBLIC_URL: 'http://127.8.9.1:8000' }],
  ['the IPv6 loopback address', { PUBLIC_URL: 'http://[::1]:8000/' }],
  ['several origins', { CORS_ORIGINS: 'https://a.example,https://b.example http://localhost:3000' }],
  ['no origin at all', { CORS_ORIGINS: ' ' }],
  ['more work', { PASSWORD_ROUNDS: '12' }],
  ['less a call and more calls', { PASSWORD_ITERATIONS: '50000', PASSWORD_ROUNDS: '12' }],
])('%s is accepted', (_, change) => {
  expect(problemsOf({ ...local, ...change })).toEqual([])
})

describe('asymmetric keys', () => {
  const problemOf = (change: object) =>
    problemsOf({ ...local, JWT_SECRET: undefined, JWT_SIGNING_KEYS: JSON.stringify([change]) })[0]

  test.each(['ES256', 'EdDSA'] as const)('%s: a whole key is accepted, half a one is not', async (alg) => {
    const whole = await generateKey(alg, 'a')
    expect(problemOf(whole)).toBeUndefined()
    expect(problemOf({ ...whole, d: undefined })).toBe(
      'JWT_SIGNING_KEYS [0] lacks its private part (d): it could not sign',
    )
    expect(problemOf({ ...whole, x: undefined })).toBe('JWT_SIGNING_KEYS [0] has no x in base64url')
    expect(problemOf({ ...whole, x: 'AAAA' })).toBe('JWT_SIGNING_KEYS [0] has a x that is not 32 bytes long')
    expect(problemOf({ ...whole, kid: '' })).toBe('JWT_SIGNING_KEYS [0] needs a kid of 1 to 64 characters')
    const other = alg === 'ES256' ? 'EdDSA' : 'ES256'
    expect(problemOf({ ...whole, alg: other })).toMatch(/does not fit its alg/)
    expect(problemOf({ ...whole, alg: 'HS256' })).toMatch(/does not fit its alg/)
    expect(problemOf({ ...whole, alg: 'RS256' })).toMatch(/needs an alg/)
  })

  test.each(['ES256', 'EdDSA'] as const)('%s: parts of two keys are found out by use', async (alg) => {
    const [one, other] = [await generateKey(alg, 'one'), await generateKey(alg, 'other')]
    const third = await generateKey(alg, 'third')
    const configOf = (keys: object[]) => parseConfig({ ...local, JWT_SIGNING_KEYS: JSON.stringify(keys) })
    await assertUsableKeys(configOf([one, other]))
    const mixed = { ...one, x: other.x, ...(other.y && { y: other.y }) }
    const zeros = { ...one, x: 'A'.repeat(43) }
    for (const broken of [mixed, zeros]) {
      await expect(assertUsableKeys(configOf([third, broken]))).rejects.toMatchObject({
        problems: ['JWT_SIGNING_KEYS: the private and public parts of "one" do not belong together'],
      })
    }
  })

  test('a value that is no key is reported as such', () => {
    for (const value of [null, 'text', 1]) {
      expect(
        problemsOf({ ...local, JWT_SECRET: undefined, JWT_SIGNING_KEYS: JSON.stringify([value]) }),
      ).toEqual(['JWT_SIGNING_KEYS [0] is not a JSON Web Key'])
    }
  })
})

test('a secret beside keys still verifies, once', () => {
  const kids = (keys: object[]) =>
    parseConfig({ ...local, JWT_SIGNING_KEYS: JSON.stringify(keys) }).signingKeys.map(({ kid }) => kid)
  expect(kids([key('2026-11')])).toEqual(['2026-11', 'jwt-secret'])
  expect(kids([key('jwt-secret'), key('2026-11')])).toEqual(['jwt-secret', '2026-11'])
})

test('several keys make a ring in their order', () => {
  const keys = [key('2026-11'), key('2026-10')]
  const source = { ...local, JWT_SECRET: undefined, JWT_SIGNING_KEYS: JSON.stringify(keys) }
  expect(parseConfig(source).signingKeys).toEqual(keys)
})

test('the names of all variables are known', () => {
  expect(VARIABLE_NAMES).toContain('DATABASE_URL')
  expect(VARIABLE_NAMES).toHaveLength(49)
})

describe('limits', () => {
  test('are count/seconds', () => {
    const config = parseConfig({ ...local, LIMIT_SIGN_IN_ACCOUNT: '7/90', LIMIT_FLOOD_ADDRESS: '1/1' })
    expect(config.limitSignInAccount).toEqual({ name: 'sign_in_account', count: 7, seconds: 90 })
    expect(config.limitFloodAddress).toEqual({ name: 'flood_address', count: 1, seconds: 1 })
    expect(config.limitSignInAddress).toEqual({ name: 'sign_in_address', count: 20, seconds: 60 })
  })

  test.each([
    '0/60',
    '5/0',
    '5',
    '5/',
    '/60',
    '-5/60',
    '5/60/1',
    '1000001/1000000',
    '1/1000001',
    '1e3/60',
    'off',
    '5 / 60',
  ])('can not be %s, which would be no limit or nobody’s', (LIMIT_SIGN_IN_ADDRESS) => {
    expect(problemsOf({ ...local, LIMIT_SIGN_IN_ADDRESS })).toEqual([
      'LIMIT_SIGN_IN_ADDRESS is not count/seconds, each from 1 to 1000000, e.g. 20/60',
    ])
  })
})

test.each([
  ['LIMIT_SIGN_IN_ACCOUNT', '1001/1000'],
  ['LIMIT_SIGN_IN_ACCOUNT', '101/10'],
  ['LIMIT_SIGN_IN_ADDRESS', '10001/60'],
  ['LIMIT_REGISTER_ADDRESS', '201/1'],
  ['LIMIT_FLOOD_ADDRESS', '1000000/1'],
  ['LIMIT_MAIL_ACCOUNT', '1001/1000'],
  ['LIMIT_MAIL_ADDRESS', '10001/60'],
])('a limit that limits nobody is refused: %s=%s', (name, value) => {
  expect(problemsOf({ ...local, [name]: value })).toEqual([expect.stringContaining(`${name} limits nobody`)])
})

describe('the check against breached passwords', () => {
  const online = { ...local, PUBLIC_URL: 'https://auth.example.com', APP_URL: 'https://app.example.com' }

  test('is on off loopback, off on it, and can be switched either way', () => {
    expect(parseConfig(online).breachedPasswordsUrl).toBe('https://api.pwnedpasswords.com/range/')
    expect(parseConfig(local).breachedPasswordsUrl).toBeNull()
    expect(parseConfig({ ...online, BREACHED_PASSWORDS_URL: 'off' }).breachedPasswordsUrl).toBeNull()
    const mirror = 'http://localhost:9000/range/'
    expect(parseConfig({ ...local, BREACHED_PASSWORDS_URL: mirror }).breachedPasswordsUrl).toBe(mirror)
  })

  test.each([
    'on',
    'http://example.com/',
    'https://user:pass@example.com/',
    'https://example.com/?x=1',
    'ftp://localhost/',
  ])('is not asked of %s', (BREACHED_PASSWORDS_URL) => {
    expect(problemsOf({ ...local, BREACHED_PASSWORDS_URL })).toEqual([
      'BREACHED_PASSWORDS_URL must be off, or an https URL without query and credentials',
    ])
  })
})

test('a password is never allowed to be shorter than 8 characters (ASVS 6.2.1)', () => {
  expect(parseConfig(local).passwordMinLength).toBe(8)
  expect(parseConfig({ ...local, PASSWORD_MIN_LENGTH: '15' }).passwordMinLength).toBe(15)
  expect(problemsOf({ ...local, PASSWORD_MIN_LENGTH: '7' })).toEqual(['PASSWORD_MIN_LENGTH is under 8'])
})

describe('the schema of the tables', () => {
  test.each(['lumascope', 'auth', '_private', 'a'.repeat(63), 'app_2'])('can be %s', (DATABASE_SCHEMA) => {
    expect(parseConfig({ ...local, DATABASE_SCHEMA }).databaseSchema).toBe(DATABASE_SCHEMA)
  })

  test.each([
    'Auth',
    '2auth',
    'au-th',
    'auth"; drop table users',
    'a'.repeat(64),
    'pg_catalog',
    'pg_auth',
    'information_schema',
    'public',
  ])('can not be %s', (DATABASE_SCHEMA) => {
    expect(problemsOf({ ...local, DATABASE_SCHEMA })).toEqual([
      'DATABASE_SCHEMA must be a lower-case name, not public or one of PostgreSQL’s own (pg_…, information_schema)',
    ])
  })
})

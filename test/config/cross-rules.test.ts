import { describe, expect, test } from 'vitest'
import { ConfigError, parseConfig, pickVariables } from '../../src/config/parse-config.ts'
import { generateKey, hs256Key } from '../../src/crypto/signing-key.ts'

const secret = () => crypto.randomUUID() + crypto.randomUUID()
const local = {
  DATABASE_URL: 'postgresql://u:p@localhost/db',
  PUBLIC_URL: 'http://localhost:8000',
  JWT_SECRET: secret(),
  AUTH_SECRETS: secret(),
}
const online = {
  ...local,
  DATABASE_URL: 'postgresql://u:p@ep-x.eu-central-1.aws.neon.tech/db',
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
const expectProblem = (source: Record<string, unknown>, start: string) => {
  const problems = problemsOf(source)
  expect(problems).toHaveLength(1)
  expect(problems[0]?.startsWith(start), problems[0]).toBe(true)
}

describe('a database that the password would be sent to somebody else of (row 96)', () => {
  test.each(['db.example.com', 'project.supabase.co', 'ep-x.neon.tech.evil.example', '10.0.0.1'])(
    '%s is refused, with what to do',
    (host) => {
      const source = { ...online, DATABASE_URL: `postgresql://u:canary@${host}/db` }
      expectProblem(source, 'DATABASE_URL is not at Neon (*.neon.tech) or on this machine.')
      expect(problemsOf(source).join()).toContain('set DATABASE_ENDPOINT')
      expect(problemsOf(source).join()).not.toContain('canary')
      const named = parseConfig({ ...source, DATABASE_ENDPOINT: 'https://proxy.example.com/sql' })
      expect(named.databaseEndpoint).toBe('https://proxy.example.com/sql')
    },
  )

  test.each([
    'http://proxy.example.com/sql',
    'http://10.0.0.1/sql',
    'https://u:p@proxy.example.com/sql',
    'ftp://localhost/sql',
    'proxy.example.com',
  ])('%s is no endpoint', (DATABASE_ENDPOINT) => {
    expectProblem({ ...online, DATABASE_ENDPOINT }, 'DATABASE_ENDPOINT must be an https URL')
  })
})

describe('plain http to the network', () => {
  test.each([
    '0.0.0.0',
    '::',
    '[::]',
    '192.168.1.5',
    '10.0.0.1',
    'auth.example.com',
    '127.0.0.1.example.com',
  ])('HOST=%s with a loopback PUBLIC_URL is refused', (HOST) => {
    expectProblem({ ...local, HOST }, 'HOST listens to the network, but PUBLIC_URL is plain http on loopback')
    expect(problemsOf({ ...online, HOST })).toEqual([])
  })

  test.each([
    ['127.0.0.1', '127.0.0.1'],
    ['127.5.5.5', '127.5.5.5'],
    ['localhost', 'localhost'],
    ['::1', '::1'],
    ['[::1]', '::1'],
  ])('HOST=%s is this machine', (HOST, host) => {
    expect(parseConfig({ ...local, HOST }).host).toBe(host)
  })
})

describe('an origin of development', () => {
  const origins = [
    'http://localhost:3000',
    'http://127.0.0.1:3000',
    'http://[::1]:3000',
    'http://app.localhost',
  ]

  test.each(origins)('%s is refused by a server of the network', (origin) => {
    expectProblem(
      { ...online, CORS_ORIGINS: `https://a.example,${origin}` },
      'CORS_ORIGINS names a plain-http',
    )
    expectProblem({ ...online, APP_URL: origin }, 'APP_URL names a plain-http')
    expect(problemsOf({ ...local, CORS_ORIGINS: origin, APP_URL: origin })).toEqual([])
  })

  test.each([
    'capacitor://localhost',
    'ionic://localhost',
    'tauri://localhost',
    'http://tauri.localhost',
    'https://localhost',
  ])('%s, which an app has, is taken', (origin) => {
    expect(parseConfig({ ...online, CORS_ORIGINS: origin }).corsOrigins).toEqual([origin])
  })

  test('an app’s is no address of a frontend or a server', () => {
    expectProblem({ ...online, APP_URL: 'capacitor://localhost' }, 'APP_URL must be an http or https URL')
  })
})

describe('one secret in two places (row 98)', () => {
  const shared = secret()
  const key = (kid: string, text: string) => hs256Key(kid, text)
  const withKeys = (...keys: object[]) => ({ ...local, JWT_SIGNING_KEYS: JSON.stringify(keys) })

  test.each([
    [{ ...local, JWT_SECRET: shared, AUTH_SECRETS: shared }, 'JWT_SECRET and AUTH_SECRETS have'],
    [
      { ...local, JWT_SECRET: shared, AUTH_SECRETS: `${secret()},${shared}` },
      'JWT_SECRET and AUTH_SECRETS have',
    ],
    [{ ...local, JWT_SECRET: ` ${shared}\n`, AUTH_SECRETS: shared }, 'JWT_SECRET and AUTH_SECRETS have'],
    [{ ...local, AUTH_SECRETS: `${shared},${secret()},${shared}` }, 'AUTH_SECRETS repeats a secret'],
    [{ ...withKeys(key('a', shared)), AUTH_SECRETS: shared }, 'AUTH_SECRETS and JWT_SIGNING_KEYS have'],
    [
      {
        ...withKeys({ kty: 'oct', alg: 'HS256', kid: 'a', k: shared.replaceAll('-', '') }),
        AUTH_SECRETS: shared.replaceAll('-', ''),
      },
      'AUTH_SECRETS and JWT_SIGNING_KEYS have',
    ],
    [{ ...withKeys(key('a', shared)), JWT_SECRET: shared }, 'JWT_SECRET and JWT_SIGNING_KEYS have'],
    [withKeys(key('a', shared), key('b', shared)), 'JWT_SIGNING_KEYS has one key under two kids'],
  ])('is refused, case %#', (source, problem) => {
    expectProblem(source, problem)
    expect(problemsOf(source).join()).not.toContain(shared)
  })

  test('one asymmetric key under two kids is refused', async () => {
    const made = await generateKey('ES256', 'a')
    expectProblem(withKeys(made, { ...made, kid: 'b' }), 'JWT_SIGNING_KEYS has one key under two kids')
  })

  test('the secret may be in the ring under its own name, as while it is replaced', () => {
    const source = { ...withKeys(key('jwt-secret', shared), key('new', secret())), JWT_SECRET: shared }
    expect(parseConfig(source).signingKeys.map(({ kid }) => kid)).toEqual(['jwt-secret', 'new'])
  })
})

describe('what a file has around a value is not part of it', () => {
  const text = secret()
  test.each([
    ['a line end', '', '\n'],
    ['a line end of Windows', '', '\r\n'],
    ['spaces', ' ', ' '],
    ['a byte order mark', '\ufeff', ''],
    ['both', '\ufeff', '\r\n'],
  ])('%s', async (_, before, after) => {
    const around = (value: string) => before + value + after
    const plain = parseConfig({ ...local, JWT_SECRET: text })
    const made = await generateKey('ES256', 'a')
    expect(parseConfig({ ...local, JWT_SECRET: around(text) }).signingKeys).toEqual(plain.signingKeys)
    expect(parseConfig({ ...local, AUTH_SECRETS: around(text) }).authSecrets).toEqual([text])
    const keys = around(JSON.stringify([made]))
    expect(parseConfig({ ...local, JWT_SECRET: '', JWT_SIGNING_KEYS: keys }).signingKeys).toEqual([made])
    const url = 'https://auth.example.com'
    const surrounded = {
      PUBLIC_URL: around(url),
      DATABASE_URL: around(online.DATABASE_URL),
      HOST: around('::1'),
    }
    expect(parseConfig({ ...online, ...surrounded })).toMatchObject({
      publicUrl: url,
      databaseUrl: online.DATABASE_URL,
      host: '::1',
    })
    expect(parseConfig({ ...online, PASSWORD_ROUNDS: around('7') }).passwordRounds).toBe(7)
  })
})

describe('a name that is not ours', () => {
  test.each([
    ['a letter less', 'AUTH_SECRET'],
    ['a letter more', 'DATABASE_URLS'],
    ['another letter', 'PUBLIC_URI'],
    ['two letters exchanged', 'APP_ULR'],
    ['another case', 'Cors_Origins'],
    ['a hyphen', 'APP-URL'],
    ['a family of ours', 'LIMIT_SIGNIN_ADDRESS'],
    ['a family of ours', 'JWT_ISSUER'],
    ['a family of ours', 'SESSION_TTL'],
    ['a family of ours', 'COOKIE_DOMAIN'],
  ])('is refused if it is meant for one of ours: %s, %s', (_, name) => {
    expectProblem({ ...local, [name]: 'canary' }, `${name} is not a variable of this server; is `)
    expect(problemsOf({ ...local, [name]: 'canary' }).join()).not.toContain('canary')
  })

  test.each([
    'AUTH0_DOMAIN',
    'DATABASE_REPLICA_URL',
    'APP_NAME',
    'PUBLIC_KEY',
    'STRIPE_SECRET_KEY',
    'RESEND_API_KEY',
    'NODE_ENV',
    'TOKEN',
    'HOSTNAME',
    'ENVIRONMENT',
    'JWT',
  ])('is left alone if it is another program’s: %s', (name) => {
    expect(problemsOf({ ...local, [name]: 'canary' })).toEqual([])
  })

  test('is looked for in an environment too, where families and short names are other programs’', () => {
    const environment = {
      ...local,
      PATH: '/bin',
      PASSWORD_STORE_DIR: '/home',
      SESSION_MANAGER: 'local/unix',
      POST: 'x',
      CORS_ORIGIN: 'https://a.example',
    }
    expect(pickVariables(environment)).toEqual({ ...local, CORS_ORIGIN: 'https://a.example' })
  })
})

test.each([
  [{ COOKIE_PARTITIONED: 'true' }, 'COOKIE_PARTITIONED needs COOKIE_SAME_SITE none'],
  [{ COOKIE_PARTITIONED: 'yes' }, 'COOKIE_PARTITIONED must be true or false'],
  [{ COOKIE_SAME_SITE: 'none', PUBLIC_URL: 'http://localhost:8000' }, 'COOKIE_SAME_SITE none needs https'],
])('cookies that a browser would drop are refused: %j', (change, problem) => {
  expectProblem({ ...online, ...change }, problem)
})

test('a variable that was refused by itself is no second problem', () => {
  expectProblem({ ...online, APP_URL: 'nonsense' }, 'APP_URL is not a URL')
  expectProblem({ ...local, JWT_SECRET: 'short' }, 'JWT_SECRET is shorter')
})

describe('what needs mail', () => {
  const settings = [
    ['REQUIRE_VERIFIED_EMAIL', 'sign-in'],
    ['REGISTRATION_PRIVACY', 'strict'],
  ] as const
  const sending = { MAIL_URL: 'resend:re_key', MAIL_FROM: 'no-reply@example.com' }

  test.each(settings)('%s=%s is refused without it, as nobody could go on', (name, value) => {
    const problem = `${name} ${value} needs MAIL_URL`
    expect(problemsOf({ ...online, [name]: value })).toEqual([problem])
    expect(problemsOf({ ...local, MAIL_URL: 'off', [name]: value })).toEqual([problem])
    expect(problemsOf({ ...online, ...sending, [name]: value })).toEqual([])
    // On loopback there is the mailbox.
    expect(problemsOf({ ...local, [name]: value })).toEqual([])
  })

  test('a MAIL_URL needs a sender', () => {
    const { MAIL_URL } = sending
    expect(problemsOf({ ...online, MAIL_URL })).toEqual(['MAIL_FROM is missing: MAIL_URL is set'])
    expect(problemsOf({ ...online, MAIL_URL: 'off' })).toEqual([])
  })

  test('a MAIL_URL that was refused by itself is no second problem', () => {
    const source = { ...online, MAIL_URL: 'nonsense', REQUIRE_VERIFIED_EMAIL: 'sign-in' }
    expect(problemsOf(source)).toEqual([expect.stringMatching(/^MAIL_URL /)])
  })
})

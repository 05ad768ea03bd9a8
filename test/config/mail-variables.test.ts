import { describe, expect, test } from 'vitest'
import { ConfigError, parseConfig } from '../../src/config/parse-config.ts'

const secret = () => crypto.randomUUID() + crypto.randomUUID()
const local = {
  DATABASE_URL: 'postgresql://u:p@localhost/db',
  PUBLIC_URL: 'http://localhost:8000',
  JWT_SECRET: secret(),
  AUTH_SECRETS: secret(),
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

describe('mail', () => {
  const online = { ...local, PUBLIC_URL: 'https://auth.example.com', APP_URL: 'https://app.example.com' }

  test('goes to a mailbox on loopback, and nowhere elsewhere, until MAIL_URL says where', () => {
    expect(parseConfig(local).mailUrl).toEqual({ kind: 'mailbox' })
    expect(parseConfig(online).mailUrl).toEqual({ kind: 'off' })
    expect(parseConfig({ ...local, MAIL_URL: 'off' }).mailUrl).toEqual({ kind: 'off' })
    const sending = { ...online, MAIL_URL: 'resend:re_key', MAIL_FROM: 'no-reply@example.com' }
    expect(parseConfig(sending)).toMatchObject({
      mailUrl: { kind: 'resend', endpoint: 'https://api.resend.com' },
      mailFrom: 'no-reply@example.com',
      mailReplyTo: null,
    })
  })

  test('is in the languages that are named, the first of them by default', () => {
    expect(parseConfig({ ...local, MAIL_LANGUAGES: 'de, pt-BR' }).mailLanguages).toEqual(['de', 'pt-BR'])
  })

  test.each([
    ['MAIL_FROM', 'Support <support@example.com>', 'is not an email address without a name'],
    ['MAIL_FROM', 'support@example.com\r\nBcc: evil@example.com', 'is not an email address without a name'],
    ['MAIL_FROM', `${'a'.repeat(300)}@example.com`, 'is'],
    ['MAIL_REPLY_TO', 'nobody', 'is not an email address without a name'],
    ['MAIL_LOGO_URL', 'http://example.com/logo.png', 'must be an https URL'],
    ['MAIL_LOGO_URL', 'logo.png', 'must be an https URL'],
    ['MAIL_LANGUAGES', 'english', 'takes language tags like en, de or pt-BR'],
    ['MAIL_LANGUAGES', ', ', 'takes language tags like en, de or pt-BR'],
    ['ACCOUNT_PATH', 'account', 'is not a path like /account'],
    ['ACCOUNT_PATH', '/account/', 'is not a path like /account'],
    ['ACCOUNT_PATH', '/account#x', 'is not a path like /account'],
    ['REQUIRE_VERIFIED_EMAIL', 'true', ''],
    ['REGISTRATION_PRIVACY', 'on', ''],
    ['LIMIT_MAIL_ACCOUNT', 'off', 'is not count/seconds'],
    ['LIMIT_MAIL_ADDRESS', '0/60', 'is not count/seconds'],
  ])('%s can not be %j', (name, value, problem) => {
    const problems = problemsOf({ ...local, [name]: value })
    expect(problems).toHaveLength(1)
    expect(problems[0]?.startsWith(`${name} ${problem}`), problems[0]).toBe(true)
  })

  test('no key or password of MAIL_URL is quoted by an error (row 82)', () => {
    for (const MAIL_URL of [
      'resend:canary key',
      'smtp://canary@canary:canary',
      'ses://canary',
      'canary:canary',
    ])
      expect(problemsOf({ ...local, MAIL_URL }).join()).toMatch(/^MAIL_URL (?!.*canary)/)
  })
})

import * as z from 'zod/mini'
import type { Feature } from '../features/feature.ts'
import { label, step } from '../features/rules.ts'
import { EMAIL_ADDRESS, MAX_EMAIL_CHARACTERS } from '../net/email-address.ts'
import { isLoopback } from '../net/loopback.ts'
import { mailUrl } from './mail-url.ts'

/** Language tags without a script or region (RFC 5646 section 2.2.1), or with a region. */
const LANGUAGE = /^[a-z]{2,3}(-[A-Z]{2})?$/

const languages = z.pipe(
  z.string(),
  step((text: string, refuse): readonly [string, ...string[]] => {
    const [first, ...others] = text.split(/[\s,]+/).filter(Boolean)
    if (first === undefined || ![first, ...others].every((tag) => LANGUAGE.test(tag)))
      refuse('takes language tags like en, de or pt-BR')
    if (new Set([first, ...others]).size <= others.length) refuse('repeats a language')
    return [first ?? 'en', ...others]
  }),
)

const emailAddress = z
  .string()
  .check(
    z.maxLength(MAX_EMAIL_CHARACTERS, { error: 'is too long' }),
    z.regex(EMAIL_ADDRESS, { error: 'is not an email address without a name' }),
  )

/** A path of the frontend without the last slash. */
const path = z
  .string()
  .check(
    z.regex(/^(\/(?!\.{1,2}(\/|$))[\w.~-]+)+$/, { error: 'is not a path like /account' }),
    z.maxLength(255, { error: 'is too long' }),
  )

const imageUrl = z.pipe(
  label,
  step((text: string, refuse) => {
    const { protocol, hostname, username, password, href } = new URL(URL.canParse(text) ? text : 'invalid:')
    if (protocol !== 'https:' || isLoopback(hostname) || username || password)
      refuse('must be an https URL that everybody can load, without credentials')
    return href
  }),
)

export const mail = {
  variables: {
    MAIL_URL: {
      rule: mailUrl,
      unit: 'URL or `off`',
      otherwise: 'a mailbox at `/dev/mail` on loopback, else `off`',
      secret: true,
      reason:
        'what sends mail: `resend:`, `postmark:`, `ses:`, `cloudflare:`, `smtp:` or `smtps:` ' +
        '([docs/mail.md](docs/mail.md)). Without it nobody can reset a password',
    },
    MAIL_FROM: {
      rule: emailAddress,
      unit: 'address',
      otherwise: 'required with `MAIL_URL`',
      reason: 'the sender, with `PRODUCT_NAME` as its name; its domain needs SPF and DKIM',
    },
    MAIL_REPLY_TO: {
      rule: emailAddress,
      unit: 'address',
      otherwise: '`MAIL_FROM`',
      reason: 'where answers to mails go, such as your support',
    },
    MAIL_LOGO_URL: {
      rule: imageUrl,
      unit: 'https URL',
      otherwise: 'none',
      reason: 'an image above each mail; mails are readable without',
    },
    MAIL_LANGUAGES: {
      rule: languages,
      unit: 'tags, by comma',
      default: 'en, de',
      reason:
        'the languages of mails; the first is the default. Others than English and German ' +
        'need a file in `assets/mail/`',
    },
    ACCOUNT_PATH: {
      rule: path,
      unit: 'path',
      default: '/account',
      reason:
        'of the frontend at `APP_URL`, where links in mails lead: `/account/reset-password#token=…` and ' +
        'so on',
    },
  },
} as const satisfies Feature

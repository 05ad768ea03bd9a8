import { hs256Key, pick, type SigningKey } from '../crypto/signing-key.ts'
import type { MailUrl } from '../mail/mail-url.ts'
import { isLoopback, isOnThisMachine } from '../net/loopback.ts'
import { PWNED_PASSWORDS_URL } from '../passwords/feature.ts'
import type { Claims } from '../sessions/feature.ts'
import { ACCOUNT_FIELDS, type AccountFields } from '../users/feature.ts'
import { SECRET_KID } from './reused-secrets.ts'

/** The variables that `Derived` is computed from. */
type Sources = {
  PUBLIC_URL: string
  PRODUCT_NAME: string
  APP_URL: string | undefined
  CORS_ORIGINS: readonly string[] | undefined
  COOKIE_SAME_SITE: 'lax' | 'strict' | 'none'
  COOKIE_PARTITIONED: boolean
  JWT_SECRET: string | undefined
  JWT_SIGNING_KEYS: readonly SigningKey[] | undefined
  JWT_AUDIENCE: string | undefined
  JWT_CLAIMS: Claims
  ACCOUNT_FIELDS: AccountFields
  BREACHED_PASSWORDS_URL: string | undefined
  MAIL_URL: MailUrl | undefined
  HOST: string
}

/** The fields of `Config` that are not simply the value of one variable. */
export type Derived = ReturnType<typeof derive>

export function derive(values: Sources) {
  const appUrl = values.APP_URL ?? 'http://localhost:3000'
  return {
    appUrl,
    /** The product's name in letters, digits and hyphens. */
    productSlug: slugOf(values.PRODUCT_NAME),
    cookiePrefix: cookiePrefixOf(values),
    corsOrigins: values.CORS_ORIGINS ?? [appUrl],
    cookies: {
      secure: values.PUBLIC_URL.startsWith('https:'),
      sameSite: values.COOKIE_SAME_SITE,
      partitioned: values.COOKIE_PARTITIONED,
    },
    /** The first one signs, all verify. */
    signingKeys: keyRingOf(values),
    audience: values.JWT_AUDIENCE ?? values.PUBLIC_URL,
    jwtClaims: claimsOf(values),
    breachedPasswordsUrl: breachedPasswordsUrlOf(values),
    mailUrl: mailUrlOf(values),
  }
}

/**
 * The keys, and after them the secret, unless a key already has its name, as during a rotation. So a server
 * that moves from the secret to keys refuses no token meanwhile.
 */
function keyRingOf({ JWT_SIGNING_KEYS: keys = [], JWT_SECRET: text }: Sources): readonly SigningKey[] {
  const named = text === undefined ? [] : [hs256Key(SECRET_KID, text)]
  const known = new Set(keys.map(({ kid }) => kid))
  return [...keys.map((key) => pick(key, key)), ...named.filter(({ kid }) => !known.has(kid))]
}

/** A field that requests no longer have is in no token either, though an account may still have it. */
function claimsOf({ JWT_CLAIMS: { names, appMetadata }, ACCOUNT_FIELDS: fields }: Sources): Claims {
  const absent: readonly string[] = ACCOUNT_FIELDS.filter((name) => fields[name] === 'absent')
  return { names: new Set([...names].filter((name) => !absent.includes(name))), appMetadata }
}

/**
 * The beginning of the names of our cookies. Ports are no boundary for cookies (RFC 6265 section 8.5): two
 * instances that a developer runs side by side would overwrite each other's, so on loopback the port is part
 * of the name.
 */
function cookiePrefixOf({ PUBLIC_URL: publicUrl, PRODUCT_NAME: name }: Sources): string {
  const { hostname, port, protocol } = new URL(publicUrl)
  const isSecure = protocol === 'https:'
  const instance = isLoopback(hostname) ? `${port || (isSecure ? 443 : 80)}_` : ''
  return `${isSecure ? '__Host-' : ''}${slugOf(name)}_${instance}`
}

/** Without a letter or digit of ASCII there is no slug: such a product's cookies have a general name. */
function slugOf(name: string): string {
  const letters = name.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase()
  return letters.replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-|-$/g, '') || 'auth'
}

/**
 * The URL of the range API of breached passwords; `null`: none. By default a server on the network asks it,
 * and one on loopback does not.
 */
function breachedPasswordsUrlOf({ BREACHED_PASSWORDS_URL: url, PUBLIC_URL: publicUrl }: Sources) {
  if (url !== undefined) return url === 'off' ? null : url
  return isLoopback(new URL(publicUrl).hostname) ? null : PWNED_PASSWORDS_URL
}

/**
 * Where mail goes by default: into a mailbox in the database, which `/dev/mail` shows, if nobody but this
 * machine can ask for it. A container that listens to the network has a loopback URL, too.
 */
function mailUrlOf({
  MAIL_URL: url,
  PUBLIC_URL: publicUrl,
  HOST: host,
}: Sources): MailUrl | { kind: 'mailbox' } {
  if (url) return url
  return { kind: isOnThisMachine(publicUrl, host) ? 'mailbox' : 'off' }
}

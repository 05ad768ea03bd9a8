import type { Mail } from './transport.ts'

/** `Message-ID` as it is written in a header. */
export const bracketed = ({ messageId }: Pick<Mail, 'messageId'>) => `<${messageId}>`

/**
 * The headers that every transport adds. SES and Cloudflare replace `Message-ID`, so `X-Message-ID` repeats
 * it: copies of one mail have the same.
 *
 * `Auto-Submitted` keeps answering machines from answering (RFC 3834 section 5).
 */
export function ownHeaders(mail: Pick<Mail, 'messageId'>) {
  return { 'X-Message-ID': bracketed(mail), 'Auto-Submitted': 'auto-generated' } as const
}

/** A name that needs no quotes: none of the characters that mean something in a list of addresses. */
const PLAIN_NAME = /^[\p{L}\p{M}\p{N} !#$%&'*+/=?^_`{|}~-]+$/u

/**
 * `name-addr` of RFC 5322 section 3.4, in UTF-8. Quotes keep a name such as `Acme, Inc. <x@evil.example>`
 * from being read as several addresses.
 */
export function nameAddress({ name, address }: Mail['from']): string {
  if (name === '') return address
  const phrase = PLAIN_NAME.test(name) ? name : `"${name.replaceAll(/["\\]/g, '\\$&')}"`
  return `${phrase} <${address}>`
}

import type { MessageLinks, MessageName, MessageValues, RenderedMessage } from '../message.ts'
import type { Catalogue, MessageText } from './catalogue.ts'
import { describeBrowser } from './describe-browser.ts'
import type { Brand, Composed, Link } from './message-parts.ts'
import { fill } from './placeholders.ts'
import { toHtml } from './to-html.ts'
import { toText } from './to-text.ts'
import { unlinkable, visible } from './unlink.ts'

/**
 * An IPv4 or IPv6 address, roughly. It is shown without word joiners, so it must not be a host name: behind a
 * misconfigured proxy the client chooses it.
 */
const ADDRESS = /^(?=.{2,45}$)(?:[\da-f]{0,4}:){0,7}(?:[\da-f]{0,4}|\d{1,3}(?:\.\d{1,3}){3})$/i

type Request = {
  name: MessageName
  values: MessageValues
  links: MessageLinks
  catalogue: Catalogue
  /** The tag of the catalogue's language, which dates are written in. */
  language: string
  brand: Brand
}

/**
 * A message in the words of a catalogue. Whatever a stranger may have chosen (names, addresses, the user
 * agent) is neither markup nor a link in it, and not part of the subject.
 *
 * @throws Error if the words need a value that is not there, such as when the link stops working
 */
export function renderMessage({ name, values, links, catalogue, language, brand }: Request): RenderedMessage {
  const words = catalogue.messages[name]
  const { phrases } = catalogue
  const product = visible(brand.productName)
  const toMoment = (date: Date) => fill(phrases.moment, momentOf(date, language))
  const texts = {
    product,
    email: unlinkable(values.email),
    newEmail: values.newEmail && unlinkable(values.newEmail),
    when: toMoment(values.at),
    expires: values.expiresAt && toMoment(values.expiresAt),
  }
  const say = (text: string) => fill(text, texts)
  // Only the product's name: a subject is read in notifications, without any of what is around it.
  const head = (text: string) => fill(text, { product })
  const composed: Composed = {
    language,
    subject: head(words.subject),
    title: head(words.title ?? words.subject),
    greeting: head(phrases.greeting),
    paragraphs: words.paragraphs.map(say),
    action: toLink(head, words.action, links.action),
    copyLink: head(phrases.copyLink),
    details: detailsOf(name, values, { phrases, when: texts.when }),
    after: (words.after ?? []).map(say),
    alternatives: alternativesOf(words, links, head),
    reason: say(words.reason ?? phrases.reason),
    sentBy: head(phrases.sentBy),
    brand,
  }
  return { subject: composed.subject, text: toText(composed), html: toHtml(composed) }
}

/** In UTC: where the reader is isn't known. Names of months are never mistaken for days. */
function momentOf(date: Date, language: string) {
  const long = new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' })
  return { date: long.format(date), time: date.toISOString().slice(11, 16) }
}

function toLink(head: (text: string) => string, label: string | undefined, url: string | null): Link | null {
  return label && url ? { label: head(label), url } : null
}

function alternativesOf(words: MessageText, links: MessageLinks, head: (text: string) => string): Link[] {
  const all = [toLink(head, words.reject, links.reject), toLink(head, words.recover, links.recover)]
  return all.filter((link) => link !== null)
}

/**
 * Nothing if the client is not for the reader. Who registered is part of it only where that is the question.
 */
function detailsOf(
  name: MessageName,
  { client, username, email }: MessageValues,
  { phrases, when }: { phrases: Catalogue['phrases']; when: string },
): Composed['details'] {
  if (!client) return []
  const rows = [
    { label: phrases.when, value: when },
    { label: phrases.networkAddress, value: addressOf(client.address) ?? phrases.unknown },
    { label: phrases.browser, value: describeBrowser(client.userAgent, phrases) },
  ]
  if (name !== 'email_verification') return rows
  const address = { label: phrases.emailAddress, value: unlinkable(email) }
  return username
    ? [{ label: phrases.username, value: unlinkable(username) }, address, ...rows]
    : [address, ...rows]
}

function addressOf(address: string | null): string | null {
  return address && ADDRESS.test(address) ? address : null
}

import type { MessageName } from '../message.ts'
import german from './catalogues/de.json' with { type: 'json' }
import english from './catalogues/en.json' with { type: 'json' }

/** The words of one message, with placeholders such as `{product}`. It is text: markup in it is shown. */
export type MessageText = {
  subject: string
  /** The heading; left out, it is the subject. */
  title?: string
  /** Says what happened. */
  paragraphs: string[]
  /** The label of the link that does what the message is about. */
  action?: string
  /** Says what to do about it, below the details. */
  after?: string[]
  /** The label of the link "This wasn't me". */
  reject?: string
  /** The label of the link to choose a new password. */
  recover?: string
  /** Why the reader gets it, in the footer; left out, it is the phrase of that name. */
  reason?: string
}

/** Words that several messages share. */
export type Phrase = keyof typeof english.phrases

/** All words of all messages in one language. */
export type Catalogue = {
  phrases: Record<Phrase, string>
  messages: Record<MessageName, MessageText>
}

/** Any part of a catalogue. What it leaves out is as in another one. */
export type CatalogueOverrides = {
  phrases?: Partial<Catalogue['phrases']>
  messages?: Partial<Record<MessageName, Partial<MessageText>>>
}

/** The catalogue that says which keys and placeholders there are, and that every other one falls back to. */
export const ENGLISH: Catalogue = english

/** By language, as its tag begins (RFC 5646 section 2.1). */
export const BUILT_IN: Readonly<Record<string, Catalogue>> = { en: ENGLISH, de: german }

/** The catalogue with what the overrides say instead, key by key; lists of paragraphs are replaced whole. */
export function mergeCatalogue(catalogue: Catalogue, overrides: CatalogueOverrides): Catalogue {
  const messages = Object.entries(catalogue.messages).map(([name, text]) => [
    name,
    { ...text, ...overrides.messages?.[name as MessageName] },
  ])
  return {
    phrases: { ...catalogue.phrases, ...overrides.phrases },
    messages: Object.fromEntries(messages) as Catalogue['messages'],
  }
}

import { MESSAGE_NAMES, type MessageName } from '../message.ts'
import { type Catalogue, ENGLISH, type MessageText } from './catalogue.ts'
import { placeholdersOf } from './placeholders.ts'

type Members = Record<string, unknown>

/** Members that every message may have, whether the English one has them or not. */
const OPTIONAL = ['title', 'after', 'reason']

/** Members whose strings may have any placeholder of the message; others only `{product}`. */
const TEXTS: readonly string[] = ['paragraphs', 'after', 'reason']

/** Members that are lists of paragraphs. */
const LISTS: readonly string[] = ['paragraphs', 'after']

/**
 * The placeholders that every text of a message may have; `{product}` may be left out, since a deployer knows
 * its name.
 */
const EVERYWHERE = ['product', 'email', 'when']

/** A subject with a line break would be two headers. */
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}]/u

/**
 * Compares a catalogue with the English one.
 *
 * @param value as it was parsed from JSON
 * @param fallback where the members come from that it leaves out; `null`: it may leave out none
 * @returns what is wrong with it, each with the key that it is about; nothing, if it can be used
 */
export function checkCatalogue(value: unknown, fallback: Catalogue | null): string[] {
  const needed = fallback ? [] : ['phrases', 'messages']
  const problems = checkMembers('', value, { known: ['phrases', 'messages'], needed })
  if (!isObject(value)) return problems
  const { phrases, messages } = value
  if (phrases !== undefined) problems.push(...checkPhrases(phrases, fallback))
  if (messages === undefined) return problems
  const names = { known: MESSAGE_NAMES, needed: fallback ? [] : MESSAGE_NAMES }
  problems.push(...checkMembers('messages', messages, names))
  for (const name of MESSAGE_NAMES) {
    const text = isObject(messages) ? messages[name] : undefined
    if (text !== undefined) problems.push(...checkMessage(name, text, fallback?.messages[name] ?? null))
  }
  return problems
}

function checkPhrases(phrases: unknown, fallback: Catalogue | null): string[] {
  const known = Object.keys(ENGLISH.phrases)
  const problems = checkMembers('phrases', phrases, { known, needed: fallback ? [] : known })
  if (!isObject(phrases)) return problems
  for (const [name, english] of Object.entries(ENGLISH.phrases)) {
    if (phrases[name] === undefined) continue
    const path = `phrases.${name}`
    // No more than these are filled in: any other would be shown as it is, or have no value.
    const allowed = [...placeholdersOf(english), ...(name === 'reason' ? EVERYWHERE : [])]
    const found = checkString(path, phrases[name], allowed)
    problems.push(...found)
    if (found.length === 0) problems.push(...lacks(path, String(phrases[name]), english))
  }
  return problems
}

function checkMessage(name: MessageName, text: unknown, fallback: MessageText | null): string[] {
  const path = `messages.${name}`
  const english = ENGLISH.messages[name]
  const needed = fallback ? [] : Object.keys(english)
  const problems = checkMembers(path, text, { known: [...Object.keys(english), ...OPTIONAL], needed })
  if (!isObject(text)) return problems
  const used = placeholdersOf(wordsOf(english))
  for (const [member, value] of Object.entries(text)) {
    const allowed = TEXTS.includes(member) ? [...EVERYWHERE, ...used] : ['product']
    problems.push(...checkMember(`${path}.${member}`, value, allowed))
  }
  if (problems.length > 0) return problems
  return lacks(path, wordsOf({ ...fallback, ...text }), wordsOf(english))
}

function checkMember(path: string, value: unknown, allowed: readonly string[]): string[] {
  if (!LISTS.includes(path.slice(path.lastIndexOf('.') + 1))) return checkString(path, value, allowed)
  if (!Array.isArray(value) || value.length === 0) return [`${path} is not a list of paragraphs`]
  return value.flatMap((paragraph, index) => checkString(`${path}.${index}`, paragraph, allowed))
}

function checkMembers(
  path: string,
  value: unknown,
  { known, needed }: { known: readonly string[]; needed: readonly string[] },
): string[] {
  if (!isObject(value)) return [`${path || 'the catalogue'} is not an object`]
  const prefix = path && `${path}.`
  const unknown = Object.keys(value).filter((key) => !known.includes(key))
  const missing = needed.filter((key) => value[key] === undefined)
  return [
    ...unknown.map((key) => `${prefix}${key} is unknown`),
    ...missing.map((key) => `${prefix}${key} is missing`),
  ]
}

function checkString(path: string, value: unknown, allowed: readonly string[]): string[] {
  if (typeof value !== 'string' || !value.trim()) return [`${path} is not a text`]
  if (CONTROLS.test(value)) return [`${path} has a line break or another control character`]
  const unknown = new Set(placeholdersOf(value).filter((name) => !allowed.includes(name)))
  return [...unknown].map(
    (name) => `${path} has ${/\w/.test(name) ? `{${name}}` : `a single ${name}`}, which is unknown`,
  )
}

/** Placeholders of the English text that another one lacks. */
function lacks(path: string, text: string, english: string): string[] {
  const present = placeholdersOf(text)
  const missing = new Set(
    placeholdersOf(english).filter((name) => name !== 'product' && !present.includes(name)),
  )
  return [...missing].map((name) => `${path} lacks {${name}}`)
}

/** The texts of a message as one string: a translator may move a placeholder to another paragraph. */
function wordsOf({ paragraphs = [], after = [], reason = '' }: Partial<MessageText>): string {
  return [...paragraphs, ...after, reason].join(' ')
}

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

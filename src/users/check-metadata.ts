import { utf8 } from '../crypto/encoding.ts'
import { MAX_METADATA_BYTES, MAX_METADATA_DEPTH } from './schema.ts'

/** Why a patch of metadata is refused, and where in it. */
export type MetadataProblem = { path: string[]; message: string; isTooLarge?: true }

/**
 * Checks a JSON merge patch (RFC 7396) of metadata, which is stored and later given back as it is. What could
 * not be is refused: too many objects and arrays inside each other, strings that PostgreSQL can't store, and
 * numbers that JavaScript has already rounded. So are the names that would reach an object's prototype in
 * programs that merge or copy it carelessly (CWE-1321), and more bytes than fit: the merge would be refused
 * anyway, but only after the work.
 *
 * @returns the first problem; `undefined` if there is none
 * @see https://www.rfc-editor.org/rfc/rfc7493#section-2.2 about numbers
 */
export function checkMetadata(patch: unknown): MetadataProblem | undefined {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch))
    return { path: [], message: 'must be a JSON object' }
  const found = findProblem(patch, MAX_METADATA_DEPTH)
  if (found || addedBytes(patch) <= MAX_METADATA_BYTES) return found
  return { path: [], message: `has more than ${MAX_METADATA_BYTES} bytes`, isTooLarge: true }
}

/** How many bytes of JSON a patch adds at least: all but the members that it removes. */
function addedBytes(patch: object): number {
  const added = JSON.stringify(patch, function (this: unknown, _, value: unknown) {
    return value === null && !Array.isArray(this) ? undefined : value
  })
  return utf8(added).length
}

function findProblem(value: unknown, depth: number): MetadataProblem | undefined {
  if (typeof value === 'string') return textProblem(value)
  if (typeof value === 'number') return numberProblem(value)
  if (typeof value !== 'object' || value === null) return undefined
  if (depth === 0) return { path: [], message: 'is too deep inside of other objects or arrays' }
  for (const [name, member] of Object.entries(value)) {
    const found = nameProblem(name, member) ?? findProblem(member, depth - 1)
    if (found) return { ...found, path: [name, ...found.path] }
  }
  return undefined
}

/**
 * Characters that JSON escapes. `JSON.parse` of V8 13.6 reads a name of one escaped character as a backslash
 * if it read an object of that shape with that name before, from anybody: members would be renamed and lost,
 * here and when the database's answer is read.
 *
 * @see https://github.com/nodejs/node/issues/63785
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
const ESCAPED = /["\\\u0000-\u001f]/

function textProblem(text: string): MetadataProblem | undefined {
  const isStorable = text.isWellFormed() && !text.includes('\0')
  return isStorable ? undefined : { path: [], message: 'has a NUL or an incomplete character' }
}

function nameProblem(name: string, member: unknown): MetadataProblem | undefined {
  const isObject = typeof member === 'object' && member !== null
  const reachesPrototype =
    name === '__proto__' || (name === 'constructor' && isObject && Object.hasOwn(member, 'prototype'))
  if (reachesPrototype) return { path: [], message: 'is a name that stands for the prototype of objects' }
  if (ESCAPED.test(name))
    return { path: [], message: 'is a name with a quotation mark, a backslash or a control character' }
  return textProblem(name)
}

/** Of the whole numbers beyond 2^53 - 1, several of the client's are the same one here. */
function numberProblem(value: number): MetadataProblem | undefined {
  const isExact = Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))
  return isExact ? undefined : { path: [], message: 'is a number that is rounded; send it as a string' }
}

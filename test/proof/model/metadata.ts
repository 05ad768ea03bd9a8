import { refuse } from './answers.ts'

export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export type JsonObject = { readonly [name: string]: Json }

const MAX_BYTES = 4096

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * `MergePatch` of RFC 7396, line by line.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7396#section-2
 */
function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch
  const result: Record<string, Json> = isObject(target) ? { ...target } : {}
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name]
    else result[name] = mergePatch(result[name], value)
  }
  return result
}

/** Metadata after a patch. What is an object stays one. */
export const merge = (target: JsonObject, patch: JsonObject = {}) => mergePatch(target, patch) as JsonObject

export const isTooLarge = (metadata: JsonObject) =>
  new TextEncoder().encode(JSON.stringify(metadata)).length > MAX_BYTES

/** What a patch adds by itself is measured with the form of the request, before anything is looked at. */
export const refuseLarge = (patch: JsonObject = {}) =>
  isTooLarge(merge({}, patch)) ? refuse(422, 'validation_failed') : undefined

/** Text for people: what is long because the same character is repeated says how often. */
export const shorten = (text: string) =>
  text.replace(/(.)\1{50,}/gs, (run) => `${run.slice(0, 1)}… (${run.length} times)`)

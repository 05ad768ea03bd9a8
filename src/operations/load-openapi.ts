import type { Config } from '../config/parse-config.ts'
import { toBase64Url, utf8 } from '../crypto/encoding.ts'
import type { Assets, OpenapiText } from '../deps.ts'
import { mergePatch } from './merge-patch.ts'

/** The settings that change what requests may contain. */
export type Variant = Pick<Config, 'accountFields' | 'registration'>

/** The name of a variant in `assets/openapi-variants.json`. */
export function nameOfVariant({ accountFields, registration }: Variant): string {
  const fields = Object.entries(accountFields).sort(([one], [other]) => (one < other ? -1 : 1))
  return [...fields, ['registration', registration]].map((words) => words.join(' ')).join(', ')
}

/** The title of the documentation and of the home page. */
export function toTitle({ productName }: Pick<Config, 'productName'>): string {
  return `${productName} Auth`
}

type Source = {
  assets: Assets
  config: Variant & Pick<Config, 'productName' | 'cookiePrefix' | 'publicUrl'>
}

/**
 * Creates a function that returns the OpenAPI document of this instance; `null` if it has no assets.
 *
 * The document of the default configuration is generated when the project is built, since its generator is
 * larger than the rest of the Worker, and so is what each other variant changes of it, as a merge patch.
 */
export function createOpenapiLoader({ assets, config }: Source): () => Promise<OpenapiText | null> {
  let loaded: OpenapiText | undefined
  return async function loadOpenapi() {
    // Keeps the text and not its promise: on Workers, a promise never settles if the request that made it
    // ends.
    if (loaded) return loaded
    const read = (path: string) => readJson(assets, new URL(path, config.publicUrl))
    const [document, variants] = await Promise.all([read('/openapi.json'), read('/openapi-variants.json')])
    if (!document || !variants) return null
    const variant = variants[nameOfVariant(config)]
    if (!variant) throw new Error(`The OpenAPI document has no variant ${nameOfVariant(config)}`)
    const described = mergePatch(mergePatch(document, variant), namesOf(config))
    const text = `${JSON.stringify(described, null, 2)}\n`
    const digest = await crypto.subtle.digest('SHA-256', utf8(text))
    loaded = { text, etag: `"${toBase64Url(new Uint8Array(digest))}"` }
    return loaded
  }
}

/** A merge patch with the title and the name of the access cookie. */
function namesOf(config: Pick<Config, 'productName' | 'cookiePrefix'>): object {
  return {
    info: { title: toTitle(config) },
    components: { securitySchemes: { cookie: { name: `${config.cookiePrefix}access` } } },
  }
}

async function readJson(assets: Assets, url: URL): Promise<Record<string, unknown> | null> {
  const response = await assets(new Request(url))
  if (response.ok) return await response.json()
  await response.body?.cancel()
  return null
}

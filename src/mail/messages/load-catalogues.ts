import type { Assets, Log } from '../../deps.ts'
import { BUILT_IN, type Catalogue, type CatalogueOverrides, mergeCatalogue } from './catalogue.ts'
import { checkCatalogue } from './check-catalogue.ts'

type Source = {
  assets: Assets
  publicUrl: string
  /** Tags such as `de` or `pt-BR`; the first one is the default. */
  languages: readonly string[]
  log: Log
}

/**
 * A language tag (RFC 5646), as far as `Intl` knows it. It becomes part of a path: it has no dot or slash.
 */
const TAG = /^[a-z]{2,3}(?:-[a-z0-9]{2,8})*$/i

/**
 * Creates a function that returns the words of messages in a language: our own, with what the deployer's file
 * `/mail/<language>.json` says instead. A language of which only that file exists is English where the file
 * says nothing. Any other language gets the first one: a stored mail may name one that is configured no
 * longer.
 *
 * A file is read on first use. One that is wrong is logged and not used, since a typo must not stop password
 * resets; one that could not be read is tried again with the next message.
 *
 * @throws Error if a language is not a tag
 */
export function createCatalogueLoader({
  assets,
  publicUrl,
  languages,
  log,
}: Source): (language: string) => Promise<Catalogue> {
  const wrong = languages.filter((language) => !isTag(language))
  if (wrong.length > 0) throw new Error(`Not a language tag: ${wrong.join(', ')}`)
  // Keeps catalogues and not their promises: on Workers, a promise never settles if the request that made it
  // ends.
  const loaded = new Map<string, Catalogue>()
  const load = async (language: string): Promise<Catalogue> => {
    const kept = loaded.get(language)
    if (kept) return kept
    const ours = BUILT_IN[primary(language)]
    const fallback = ours ?? (await load('en'))
    const file = await readFile(assets, new URL(`/mail/${language}.json`, publicUrl))
    const problems = file.state === 'read' ? checkCatalogue(file.value, fallback) : (file.problems ?? [])
    if (problems.length > 0) log({ event: 'mail_catalogue_invalid', language, problems })
    const isUsable = file.state === 'read' && problems.length === 0
    const catalogue = isUsable ? mergeCatalogue(fallback, file.value as CatalogueOverrides) : fallback
    const isFinal = file.state !== 'unavailable' && (ours || loaded.has('en'))
    if (isFinal) loaded.set(language, catalogue)
    return catalogue
  }
  return function loadCatalogue(language) {
    return load(languages.includes(language) ? language : (languages[0] ?? 'en'))
  }
}

type File =
  | { state: 'read'; value: unknown }
  /** There is none, or it is not JSON; the same at the next try. */
  | { state: 'unusable'; problems?: string[] }
  /** The next try may find it. */
  | { state: 'unavailable'; problems: string[] }

async function readFile(assets: Assets, url: URL): Promise<File> {
  try {
    const response = await assets(new Request(url))
    if (!response.ok) await response.body?.cancel()
    if (response.status === 404) return { state: 'unusable' }
    if (!response.ok) throw new Error(`${response.status}`)
    return parse(await response.text())
  } catch {
    return { state: 'unavailable', problems: ['the file can not be read'] }
  }
}

function parse(text: string): File {
  try {
    return { state: 'read', value: JSON.parse(text) }
  } catch {
    return { state: 'unusable', problems: ['the file is not JSON'] }
  }
}

/** The language of a tag without region or script. */
function primary(language: string): string {
  return (language.split('-')[0] ?? '').toLowerCase()
}

function isTag(language: string): boolean {
  if (!TAG.test(language)) return false
  try {
    // Dates are written with it: what `Intl` refuses would throw when a message is made.
    return Intl.getCanonicalLocales(language).length === 1
  } catch {
    return false
  }
}

import type { Feature } from './feature.ts'

type Part = keyof Feature

/** Every name that one of the features declares in a part, e.g. all error codes. */
export type NamesOf<Declaring extends Feature, P extends Part> =
  Declaring extends Readonly<Record<P, infer Table>> ? keyof Table & string : never

/** All tables of a part in one. */
export type Merged<Declaring extends Feature, P extends Part> = {
  readonly [Name in NamesOf<Declaring, P>]: Declaring extends Readonly<
    Record<P, Readonly<Record<Name, infer Entry>>>
  >
    ? Entry
    : never
}

/**
 * Merges one part of all features.
 *
 * @throws Error if two features declare the same name: one of them would silently win
 */
export function mergeFeatures<const Declaring extends Feature, P extends Part>(
  features: readonly Declaring[],
  part: P,
): Merged<Declaring, P> {
  const entries = features.flatMap((feature) => Object.entries(feature[part] ?? {}))
  const names = entries.map(([name]) => name)
  const repeated = names.find((name, index) => names.indexOf(name) < index)
  if (repeated !== undefined) throw new Error(`Two features declare ${repeated} among their ${part}`)
  return Object.fromEntries(entries) as Merged<Declaring, P>
}

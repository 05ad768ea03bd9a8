import fc from 'fast-check'
import type { Draft } from './draft.ts'
import { byteMutations } from './mutate-bytes.ts'
import { headerMutations } from './mutate-headers.ts'
import { pathMutations } from './mutate-paths.ts'
import { typeMutations, valueMutations } from './mutate-values.ts'

/** A change of a request; the name says which, for people who read a failure. */
export type Change = { name: string; apply: (draft: Draft) => Draft }

export const LAYERS = ['types', 'values', 'paths', 'headers', 'bytes'] as const
export type Layer = (typeof LAYERS)[number]
export type Mutation = Change & { layer: Layer }

const CHANGES: Record<Layer, fc.Arbitrary<Change>> = {
  types: typeMutations,
  values: valueMutations,
  paths: pathMutations,
  headers: headerMutations,
  bytes: byteMutations,
}

const mutation = fc.oneof(
  ...LAYERS.map((layer) => CHANGES[layer].map((change): Mutation => ({ ...change, layer }))),
)

/** None to three mutations. They apply in the order of the layers: bytes are those of what the others made. */
export const mutations = fc
  .array(mutation, { maxLength: 3, size: 'max' })
  .map((several) => several.toSorted((one, other) => LAYERS.indexOf(one.layer) - LAYERS.indexOf(other.layer)))

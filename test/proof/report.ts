import { inject } from 'vitest'

/** The seed of every generator in this folder, and whether this is `npm run prove`. */
export const { seed: SEED, isLong: IS_LONG } = inject('proof')

/** Prints what was proved. Not by the console: output there fails a test. */
export function report(text: string): void {
  process.stdout.write(`${text}\n`)
}

import { inject } from 'vitest'

/** The seed of every generator in this folder, and whether this is `npm run prove`. */
export const { seed: SEED, isLong: IS_LONG } = inject('proof')

/**
 * Prints what was proved. The server of the databases does, as output on the console fails a test, and workerd
 * has no other.
 */
export async function report(text: string): Promise<void> {
  await fetch(`${inject('databasesUrl')}/report`, { method: 'POST', body: text })
}

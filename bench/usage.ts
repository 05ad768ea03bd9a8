// How the commands of this folder read their options.

export function misused(message: string): never {
  console.error(message)
  process.exit(2)
}

/** @param text the value of the option: a whole number from 1 to 999,999 */
export function wholeNumber(option: string, text: string): number {
  return /^[1-9]\d{0,5}$/.test(text)
    ? Number(text)
    : misused(`--${option} takes a whole number from 1 up, not "${text}"`)
}

/** Reads a list separated by commas, of which each item must be one of the known ones. */
export function itemsOf<Item extends string>(
  option: string,
  { text, known }: { text: string; known: readonly Item[] },
): Item[] {
  return text.split(',').map((part) => {
    const item = known.find((name) => name === part.trim())
    return item ?? misused(`--${option} knows ${known.join(', ')}, not "${part.trim()}"`)
  })
}

/** A placeholder, or a brace that belongs to none. */
const BRACES = /\{([A-Za-z]+)\}|[{}]/g

/** The names of the placeholders in a text; a brace that belongs to none is returned as it is. */
export function placeholdersOf(text: string): string[] {
  return [...text.matchAll(BRACES)].map(([brace, name]) => name ?? brace)
}

/**
 * Puts values in the place of placeholders. A value that looks like a placeholder stays as it is.
 *
 * @throws Error if there is no value for one: whoever sends the message left it out
 */
export function fill(text: string, values: Readonly<Record<string, string | null>>): string {
  return text.replace(BRACES, (brace, name?: string) => {
    const value = values[name ?? brace]
    if (value === undefined || value === null) throw new Error(`A message has no value for ${brace}`)
    return value
  })
}

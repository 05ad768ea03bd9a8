/** Placeholder until merged. */
export function chooseLanguage(
  _header: string | undefined,
  languages: readonly [string, ...string[]],
): string {
  return languages[0]
}

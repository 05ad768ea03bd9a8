/**
 * The form in which passwords are compared with words: NFKC, as they are hashed, in lower case, and without
 * invisible characters, which make `password` no better.
 */
export function fold(value: string): string {
  return value
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/\p{Cf}/gu, '')
}

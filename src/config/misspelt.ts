/**
 * First words that other programs use too: beside our variables, a Worker may have an `APP_NAME`, a
 * `PUBLIC_KEY`, a `DATABASE_REPLICA_URL` or an `AUTH0_DOMAIN` of its own. All other first words are ours
 * alone.
 */
const COMMON_WORDS = new Set(['APP', 'AUTH', 'DATABASE', 'PUBLIC', 'HOST', 'PORT'])

/**
 * Recognises a misspelt name of ours, whose variable would silently keep its default: one edit away from it
 * (a letter more, less, different, or two exchanged; or another case), or with a first word that is ours
 * alone, such as `LIMIT_SIGNIN_ADDRESS`. Every other name belongs to another program and is ignored: if we
 * refused it, a secret that a Worker has beside ours would take the server down.
 *
 * @returns the name that it resembles, or the family (`LIMIT_…`); `null` for a name of ours, or for another
 *   program's
 */
export function meantName(name: string, known: readonly string[]): string | null {
  if (known.includes(name)) return null
  const upper = name.toUpperCase()
  const near = known.find((candidate) => isOneEdit(upper, candidate))
  if (near) return near
  const family = familyOf(upper)
  return family !== null && known.some((candidate) => familyOf(candidate) === family) ? `${family}_…` : null
}

/**
 * The same for an environment, which all programs share. First words don't count there (`PASSWORD_STORE_DIR`,
 * and `SESSION_MANAGER` on desktops), and short names don't either, since they resemble ours by chance.
 */
export function meantInEnvironment(name: string, known: readonly string[]): boolean {
  return (
    !known.includes(name) && known.some((candidate) => candidate.length > 6 && isOneEdit(name, candidate))
  )
}

function familyOf(name: string): string | null {
  const [first = '', second] = name.split('_')
  return second === undefined || COMMON_WORDS.has(first) ? null : first
}

/** Whether two strings are equal, or differ by one letter or by the order of two neighbours. */
function isOneEdit(one: string, other: string): boolean {
  let start = 0
  while (start < one.length && one[start] === other[start]) start++
  const [a, b] = [one.slice(start), other.slice(start)]
  return (
    a.slice(1) === b ||
    a === b.slice(1) ||
    a.slice(1) === b.slice(1) ||
    (a[0] === b[1] && a[1] === b[0] && a.slice(2) === b.slice(2))
  )
}

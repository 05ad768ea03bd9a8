/**
 * First words that other programs use as well: a Worker may have an `APP_NAME`, a `PUBLIC_KEY`, a `DATABASE_REPLICA_URL`
 * or an `AUTH0_DOMAIN` of its own beside ours. The other first words are families of this server's variables.
 */
const COMMON_WORDS = new Set(['APP', 'AUTH', 'DATABASE', 'PUBLIC', 'HOST', 'PORT'])

/**
 * Whether a name is meant for one of ours and isn't it: one edit away (a letter more, less, another, or two exchanged;
 * or the case), or of a family of ours, such as `LIMIT_SIGNIN_ADDRESS`. Its value would silently be the default.
 * Everything else is another program's and left alone: to refuse it would take the server down for a secret that a
 * Worker has beside ours.
 *
 * @returns the name that it resembles, or a family's (`LIMIT_…`); `null` for one of ours and for a stranger's
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
 * The same in an environment, which is every program's: of a family may be `PASSWORD_STORE_DIR` or a desktop's
 * `SESSION_MANAGER`, and short names are near by chance.
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

/** Whether two texts are equal, or differ by one letter or by two neighbours' order. */
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

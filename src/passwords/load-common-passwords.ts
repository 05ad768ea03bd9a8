type Source = { assets: (request: Request) => Promise<Response>; publicUrl: string }

/** A list with fewer entries is truncated, and would accept the passwords that it lacks. */
const MIN_ENTRIES = 10_000

/**
 * Creates a function that returns the most common passwords, folded by `fold`. It loads them on first use and
 * keeps them. If that fails it rejects, and tries again at the next call.
 *
 * The list is an asset and not a module: the size of the bundle is limited, and most isolates never see a new
 * password.
 */
export function createCommonPasswordsLoader({
  assets,
  publicUrl,
}: Source): () => Promise<ReadonlySet<string>> {
  let loaded: ReadonlySet<string> | undefined
  return async function loadCommonPasswords() {
    // Keeps the list and not its promise: on Workers, a promise never settles if the request that made it
    // ends.
    loaded ??= await readList(await assets(new Request(new URL('/common-passwords.txt', publicUrl))))
    return loaded
  }
}

async function readList(response: Response): Promise<ReadonlySet<string>> {
  if (!response.ok) {
    await response.body?.cancel()
    throw new Error(`The list of common passwords was answered with ${response.status}`)
  }
  const body = await response.text()
  const passwords = new Set(body.trimEnd().split('\n'))
  if (passwords.size < MIN_ENTRIES) {
    throw new Error(`The list of common passwords has ${passwords.size} entries`)
  }
  return passwords
}

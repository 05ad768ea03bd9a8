type Source = { assets: (request: Request) => Promise<Response>; publicUrl: string }

/** Fewer are no list: an asset that was cut short would let pass what it lacks. */
const MIN_ENTRIES = 10_000

/**
 * The form in which passwords are compared with words: NFKC, as they are hashed, in lower case, and without
 * the characters that nobody sees, which make `password` no better.
 */
export function fold(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/\p{Cf}/gu, '')
}

/**
 * A function that gives the most common passwords, folded; read on first use and then kept. It rejects where
 * the list can't be read, and tries again the next time.
 *
 * It is an asset and no module: the bundle has a budget, and most isolates never see a new password.
 */
export function commonPasswordsFrom({ assets, publicUrl }: Source): () => Promise<ReadonlySet<string>> {
  let known: ReadonlySet<string> | undefined
  return async () => {
    // What is kept is the list and not the promise of it: on Workers a promise dies with the request that
    // made it, and everybody who shares it would wait forever.
    known ??= await read(await assets(new Request(new URL('/common-passwords.txt', publicUrl))))
    return known
  }
}

async function read(response: Response): Promise<ReadonlySet<string>> {
  if (!response.ok) {
    await response.body?.cancel()
    throw new Error(`The list of common passwords was answered with ${response.status}`)
  }
  const text = await response.text()
  const words = new Set(text.trimEnd().split('\n'))
  if (words.size < MIN_ENTRIES) throw new Error(`The list of common passwords has ${words.size} entries`)
  return words
}

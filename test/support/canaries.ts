/** Texts that stand nowhere by chance, so that whoever finds one knows that something leaked. */
const CANARY = /canary[\da-f]{16}/gi

/** A new one. It survives every encoding of URLs, forms, JSON and headers as it is. */
export const canary = () => `canary${crypto.randomUUID().replaceAll('-', '').slice(0, 16)}`

export type Marked = ReturnType<typeof markedPerson>

/** Somebody whose every text is a canary. An unescaped `&` splits the password, so it has one on either side. */
export function markedPerson() {
  const password = () => `${canary()} first&${canary()}=second`
  return {
    registration: {
      username: canary(),
      email: `${canary()}@example.com`,
      full_name: `Name ${canary()}`,
      password: password(),
    },
    newPassword: password(),
    userAgent: `Browser/1.0 (${canary()})`,
  }
}

/** What of a token is no other token's: the signature, or the end of a sealed one. */
export const tokenTrace = (token: string) => token.slice(-24)

/** Every canary in a text, in lower case as addresses are kept. */
export function findCanaries(text: string): string[] {
  return [...text.matchAll(CANARY)].map(([found]) => found.toLowerCase())
}

export const canariesOf = (...texts: string[]) => new Set(texts.flatMap(findCanaries))

/** The cookies that a response sets, as a browser would send them back. */
export const jarOf = (response: Response) =>
  response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ')

/** Strings that occur nowhere by chance: one that is found has leaked. */
const CANARY = /canary[\da-f]{16}/gi

/** A new canary. URLs, forms, JSON and headers encode it as itself. */
export const canary = () => `canary${crypto.randomUUID().replaceAll('-', '').slice(0, 16)}`

export type Marked = ReturnType<typeof markedPerson>

/**
 * A person with a canary in every field. An unescaped `&` splits the password, so a canary is on either side
 * of it.
 */
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

/** The part that only this token has: the end of its signature, or of its sealed content. */
export const tokenTrace = (token: string) => token.slice(-24)

/** Every canary in a string, in lower case, as email addresses are stored. */
export function findCanaries(text: string): string[] {
  return [...text.matchAll(CANARY)].map(([found]) => found.toLowerCase())
}

export const canariesOf = (...texts: string[]) => new Set(texts.flatMap(findCanaries))

/** The cookies of a response, as a browser sends them back. */
export const jarOf = (response: Response) =>
  response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ')

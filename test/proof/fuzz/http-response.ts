/** A response as the bytes of a connection contain it; one character a byte. */
export type RawResponse = { status: number; headers: [name: string, value: string][]; body: string }

const STATUS_LINE = /^HTTP\/1\.1 ([1-5]\d\d) [\t\u0020-\u007e]*$/
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+): ?([\t\u0020-\u007e\u0080-\u00ff]*)$/

/** A response that is right so far and has no end yet. */
export class CutShort extends Error {}

/**
 * Every response that a connection received, read as strictly as RFC 9112 writes.
 *
 * @param received one character a byte
 * @param hasHead whether a response may be one to HEAD, which announces a body and sends none
 * @throws Error that says what is no response, `CutShort` if only its end is missing
 */
export function parseResponses(received: string, hasHead: boolean): RawResponse[] {
  const responses: RawResponse[] = []
  let rest = received
  while (rest !== '') {
    const end = rest.indexOf('\r\n\r\n')
    if (end < 0) throw new CutShort(`a head without end: ${JSON.stringify(rest.slice(0, 200))}`)
    const { status, headers } = parseHead(rest.slice(0, end))
    const { body, after } = parseBody(rest.slice(end + 4), { status, headers, hasHead })
    responses.push({ status, headers, body })
    rest = after
  }
  return responses
}

export const headerOf = ({ headers }: Pick<RawResponse, 'headers'>, name: string): string | null => {
  const values = headers.filter(([other]) => other.toLowerCase() === name).map(([, value]) => value)
  return values.length > 0 ? values.join(', ') : null
}

function parseHead(head: string): Pick<RawResponse, 'status' | 'headers'> {
  const [line = '', ...fields] = head.split('\r\n')
  const status = Number(STATUS_LINE.exec(line)?.[1])
  if (!status) throw new Error(`no status line: ${JSON.stringify(line.slice(0, 200))}`)
  const headers = fields.map((field): [string, string] => {
    const [, name, value] = FIELD.exec(field) ?? []
    if (name === undefined || value === undefined) throw new Error(`no header: ${JSON.stringify(field)}`)
    return [name, value]
  })
  return { status, headers }
}

type Expected = Pick<RawResponse, 'status' | 'headers'> & { hasHead: boolean }

function parseBody(rest: string, { hasHead, ...head }: Expected): { body: string; after: string } {
  const length = headerOf(head, 'content-length')
  const coding = headerOf(head, 'transfer-encoding')
  if (length !== null && coding !== null) throw new Error('a response with two lengths')
  const isNext = rest === '' || rest.startsWith('HTTP/1.1 ')
  if (head.status < 200 || head.status === 204 || head.status === 304 || (hasHead && isNext))
    return { body: '', after: rest }
  if (coding !== null) return parseChunks(rest)
  if (length === null) return { body: rest, after: '' }
  if (!/^\d+$/.test(length)) throw new Error(`a length of ${length}`)
  if (rest.length < Number(length)) throw new CutShort(`${rest.length} bytes of ${length}`)
  return { body: rest.slice(0, Number(length)), after: rest.slice(Number(length)) }
}

function parseChunks(text: string): { body: string; after: string } {
  let rest = text
  let body = ''
  for (;;) {
    const [line, digits] = /^([0-9a-f]+)\r\n/i.exec(rest) ?? []
    if (line === undefined || digits === undefined) throw new CutShort('a chunk without a size')
    const size = Number.parseInt(digits, 16)
    const end = line.length + size
    if (rest.slice(end, end + 2) !== '\r\n') throw new CutShort('a chunk cut short')
    body += rest.slice(line.length, end)
    rest = rest.slice(end + 2)
    if (size === 0) return { body, after: rest }
  }
}

import { connect } from 'node:net'
import type { createCheck, Received } from './check-response.ts'
import { CutShort, headerOf, parseResponses, type RawResponse } from './http-response.ts'
import type { RawCase } from './raw-requests.ts'

/** Above the server's own timeouts of a request; a busy machine is no failure. */
const CLOSED_MILLISECONDS = 30_000

/** Nothing comes for so long: the server waits for the rest of a request, and gets the end instead. */
const SILENT_MILLISECONDS = 60

const HONEST = 'GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'

type Conversation = { received: string; isClosed: boolean; haveWeEnded: boolean }

/**
 * Writes the bytes, reads until `isEnough` or until nothing comes, then ends our side and reads until the
 * server closes. It does not end at once: Node takes that for a client that is gone, and answers no more.
 */
async function converse(
  port: number,
  parts: string[],
  isEnough: (received: string) => boolean,
): Promise<Conversation> {
  const socket = connect(port, '127.0.0.1')
  let received = ''
  let haveWeEnded = false
  const end = () => {
    haveWeEnded = true
    socket.end()
  }
  const silence = setTimeout(() => received === '' && end(), SILENT_MILLISECONDS)
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1')
    if (!haveWeEnded && isEnough(received)) end()
  })
  socket.on('error', () => {})
  const closed = new Promise<boolean>((resolve) => socket.once('close', () => resolve(true)))
  for (const part of parts) socket.write(Buffer.from(part, 'latin1'))
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), CLOSED_MILLISECONDS)
  })
  const isClosed = await Promise.race([closed, late])
  clearTimeout(timer)
  clearTimeout(silence)
  socket.destroy()
  return { received, isClosed, haveWeEnded }
}

/**
 * The responses. The last one may be cut short if we ended our side, or if the rest of the request was broken
 * after its answer had begun: nobody could say so any more.
 */
function responsesOf({ received }: Conversation, hasHead: boolean, mayBeCut: boolean): RawResponse[] {
  for (let end = received.length; ; end = received.lastIndexOf('HTTP/1.1 ', end - 1)) {
    try {
      return parseResponses(received.slice(0, Math.max(end, 0)), hasHead)
    } catch (error) {
      if (!(error instanceof CutShort) || !mayBeCut) throw error
    }
  }
}

/** After the refusal of what can be read in two ways the server has to close, or it answers what was smuggled. */
function isComplete(received: string, { hasHead, isAmbiguous }: { hasHead: boolean; isAmbiguous: boolean }) {
  try {
    const final = parseResponses(received, hasHead).filter(({ status }) => status >= 200)
    const [first] = final
    return first !== undefined && !(isAmbiguous && final.length === 1 && first.status === 400)
  } catch {
    return false
  }
}

/** Sends cases to a server on this machine, and says what is wrong about the answers. */
export function createRawExchange(port: number, { checkError }: ReturnType<typeof createCheck>) {
  type Result = { statuses: number[]; problems: string[] }
  return async ({ bytes, split, changes, isAmbiguous }: RawCase): Promise<Result> => {
    const hasHead = bytes.includes('HEAD')
    const isEnough = (received: string) => isComplete(received, { hasHead, isAmbiguous })
    const conversation = await converse(port, [bytes.slice(0, split), bytes.slice(split)], isEnough)
    const honest = await converse(port, [HONEST], () => false)
    const isServed = honest.received.startsWith('HTTP/1.1 200 ')
    const after = isServed ? [] : ['an honest request is not served after it']
    if (!conversation.isClosed) return { statuses: [], problems: ['the connection stays open', ...after] }
    try {
      const responses = responsesOf(conversation, hasHead, conversation.haveWeEnded || changes.length > 0)
      const statuses = responses.map(({ status }) => status)
      const isRefused = statuses.length === 1 && statuses[0] === 400
      return {
        statuses,
        problems: [
          ...(isAmbiguous && !isRefused ? [`an ambiguous length is answered ${statuses}`] : []),
          ...responses.flatMap((response) => problemsOf(response, checkError)),
          ...after,
        ],
      }
    } catch (error) {
      return { statuses: [], problems: [String(error), ...after] }
    }
  }
}

type CheckError = ReturnType<typeof createCheck>['checkError']

function problemsOf(response: RawResponse, checkError: CheckError): string[] {
  const { status, body } = response
  // HTTP itself allows 501 for a method and 505 for a version; this server refuses both with a 400 or 405.
  if (status >= 500) return [`it is a ${status}`]
  if (status < 200) return []
  if (headerOf(response, 'date') === null) return ['it has no Date']
  if (status < 400 || body === '') return []
  const headers = new Headers(response.headers)
  const received: Received = { status, headers, body: Buffer.from(body, 'latin1') }
  return checkError(received)
}

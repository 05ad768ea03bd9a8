import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { BREACHED_PASSWORD, type BreachBehaviour, type BreachRequest } from './breach-behaviours.ts'
import { LOST_ANSWERS } from './faulty-server.ts'

const SUFFIX = createHash('sha1').update(BREACHED_PASSWORD).digest('hex').toUpperCase().slice(5)
const OTHERS = ['0', '8', 'F'].map((digit) => `${digit.repeat(35)}:3`)

const answer = (lines: string[]) => (response: ServerResponse) => void response.end(lines.join('\r\n'))

/** The response of each behaviour; `refuses` has none, as its URL is a closed port. */
const BEHAVIOURS: Record<
  Exclude<BreachBehaviour, 'refuses'>,
  (response: ServerResponse, body: string) => void
> = {
  ...LOST_ANSWERS,
  breached: answer([...OTHERS, `${SUFFIX}:10`]),
  unknown: answer(OTHERS),
  padded: answer([...OTHERS, `${SUFFIX}:0`]),
  'answers-429': (response) => void response.writeHead(429, { 'Retry-After': '2' }).end(`${SUFFIX}:10`),
  'answers-204': (response) => void response.writeHead(204).end(),
  redirects: (response) => {
    const path = response.req.url?.replace('/redirects/', '/breached/')
    response.writeHead(302, { Location: path }).end(`${SUFFIX}:10`)
  },
  'answers-half-a-line': answer([`${SUFFIX}:10`, OTHERS[0]?.slice(0, 20) ?? '']),
}

/**
 * An HTTP server that stands in for Have I Been Pwned. The path `/<behaviour>/<who>/` selects how it answers;
 * a GET of `/requests/<who>` returns the requests of one `who` and forgets them.
 */
export async function startBreachedPasswords() {
  const requests = new Map<string, BreachRequest[]>()
  const server = createServer({ keepAliveTimeout: 0 }, async (request, response) => {
    const { method = '', url: path = '' } = request
    const [, behaviour = '', who = ''] = path.split('/')
    if (behaviour === 'requests') {
      response.end(JSON.stringify(requests.get(who) ?? []))
      requests.delete(who)
      return
    }
    const headers = request.headers as Record<string, string>
    const arrived = { method, path, headers, body: await text(request) }
    requests.set(who, [...(requests.get(who) ?? []), arrived])
    BEHAVIOURS[behaviour as keyof typeof BEHAVIOURS]?.(response, arrived.body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const close = async () => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
  return { url: `http://127.0.0.1:${port}`, close }
}

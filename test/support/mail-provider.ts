import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { ProviderBehaviour, ProviderRequest } from './mails.ts'

/** An error as Resend, Postmark and SES write it, each by its own member, with a text that quotes the mail. */
const refusal = (name: string) =>
  JSON.stringify({ name, ErrorCode: 300, __type: name, message: 'canary-answer ada@example.org' })

const refuse = (status: number, body: string) => (response: ServerResponse) =>
  void response.writeHead(status, { 'Content-Type': 'application/json' }).end(body)

/** The response of each behaviour; `refuses-connections` has none, as its URL is a closed port. */
const BEHAVIOURS: Record<
  Exclude<ProviderBehaviour, 'refuses-connections'>,
  (response: ServerResponse) => void
> = {
  accepts: (response) => void response.end('{"id":"1","ErrorCode":0,"MessageId":"1"}'),
  'accepts-endlessly': (response) => void response.writeHead(200).write('{"id":'),
  'answers-422': (response) => {
    // As SES does; without it, the name is in the body.
    response.setHeader('x-amzn-errortype', 'validation_error:http://canary-answer.example/')
    refuse(422, refusal('validation_error'))(response)
  },
  'answers-429': refuse(429, refusal('rate_limit_exceeded')),
  'answers-500': refuse(500, refusal('internal_server_error')),
  'names-no-token': refuse(400, refusal('canary-answer ada@example.org is no address')),
  'answers-html': (response) => void response.writeHead(403).end('<html>canary-answer</html>'),
  'answers-null': refuse(400, 'null'),
  'answers-nothing': (response) => void response.writeHead(400).end(),
  'refuses-endlessly': (response) => {
    response.writeHead(400)
    const write = () => {
      while (!response.destroyed && response.write('canary-answer '.repeat(100))) {}
    }
    response.on('drain', write)
    write()
  },
  'stalls-while-refusing': (response) => void response.writeHead(400).write('{"name":'),
  'redirects-302': (response) =>
    void response.writeHead(302, { Location: response.req.url?.replace(/redirects-\d+/, 'accepts') }).end(),
  'redirects-307': (response) =>
    void response.writeHead(307, { Location: response.req.url?.replace(/redirects-\d+/, 'accepts') }).end(),
  hangs: () => {},
  resets: (response) => void response.destroy(),
  'answers-garbage': (response) => void response.socket?.end('canary-answer\r\n\r\n'),
}

/**
 * An HTTP server that stands in for mail providers. The path `/<behaviour>/<who>/…` selects how it answers; a
 * GET of `/requests/<who>` returns the requests of one `who` and forgets them.
 */
export async function startMailProvider() {
  const requests = new Map<string, ProviderRequest[]>()
  const server = createServer({ keepAliveTimeout: 0 }, async (request, response) => {
    const { method = '', url: path = '' } = request
    const [, behaviour = '', who = ''] = path.split('/')
    if (behaviour === 'requests') {
      response.end(JSON.stringify(requests.get(who) ?? []))
      requests.delete(who)
      return
    }
    const headers = request.headers as Record<string, string>
    requests.set(who, [...(requests.get(who) ?? []), { method, path, headers, body: await text(request) }])
    BEHAVIOURS[behaviour as keyof typeof BEHAVIOURS](response)
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

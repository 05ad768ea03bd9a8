import * as z from 'zod/mini'
import { createTransport } from '../../src/mail/create-transport.ts'
import { mailUrl } from '../../src/mail/mail-url.ts'
import { type Mail, TransportError } from '../../src/mail/transport.ts'

export type Order = { mailUrl: string; mail: Mail; timeoutMilliseconds?: number }
export type Outcome = { sent: true } | { error: string; isTransportError: boolean; milliseconds: number }

/** Sends the mail of a request's body, in whichever runtime this runs, and answers how it went. */
export async function sendAsAsked(request: Request): Promise<Response> {
  if (request.method === 'GET') return new Response('ready')
  const { mailUrl: url, mail, ...options } = (await request.json()) as Order
  const platform = { fetch: (...args: Parameters<typeof fetch>) => fetch(...args), binding: () => undefined }
  const transport = createTransport(z.parse(mailUrl, url), { ...platform, ...options })
  const started = Date.now()
  try {
    await transport?.send(mail)
    return Response.json({ sent: true } satisfies Outcome)
  } catch (error) {
    const isTransportError = error instanceof TransportError
    const milliseconds = Date.now() - started
    return Response.json({ error: String(error), isTransportError, milliseconds } satisfies Outcome)
  }
}

import type { Config } from '../config/parse-config.ts'
import { type LinkDeps, makeLinks } from './make-links.ts'
import type { MailPayload, MessageName, RenderedMessage, StoredMail } from './message.ts'
import type { Catalogue } from './messages/catalogue.ts'

export type ComposeDeps = LinkDeps & {
  config: Pick<Config, 'productName' | 'appUrl' | 'mailLogoUrl'>
  /** The texts of a language. */
  catalogues: (language: string) => Promise<Catalogue>
}

/** The mail of a row of the outbox, which `queueMails` has written. */
export function toMail(name: string, payload: object): StoredMail {
  return { name: name as MessageName, payload: payload as MailPayload }
}

/** Makes the message of a stored mail, its links included. */
export async function composeMail(
  deps: ComposeDeps,
  { name, payload }: StoredMail,
): Promise<RenderedMessage> {
  const { productName, appUrl: productUrl, mailLogoUrl: logoUrl } = deps.config
  const { language, client, token } = payload
  // Evaluated on first use: a request that sends no mail needs none of it.
  const { renderMessage } = await import('./messages/render.ts')
  return renderMessage({
    name,
    language,
    catalogue: await deps.catalogues(language),
    brand: { productName, productUrl, logoUrl },
    links: await makeLinks(deps, payload),
    values: {
      email: payload.email,
      username: payload.username,
      newEmail: payload.new_email,
      at: new Date(payload.at * 1000),
      expiresAt: token && new Date(token.expires_at * 1000),
      client: client && { address: client.address, userAgent: client.user_agent },
    },
  })
}

import type { Config } from '../config/parse-config.ts'
import type { Channel } from '../deps.ts'
import { type ComposeDeps, composeMail, toMail } from './compose.ts'
import type { Transport } from './transport.ts'

export type MailChannelDeps = ComposeDeps & {
  config: Pick<Config, 'mailFrom' | 'mailReplyTo' | 'productName' | 'publicUrl'>
  transport: Transport
}

/** The channel that sends the mails of the outbox. */
export function createMailChannel(deps: MailChannelDeps): Channel {
  const { mailFrom, mailReplyTo, productName, publicUrl } = deps.config
  return async function sendMail({ id, name, recipient, payload }) {
    const mail = toMail(name, payload)
    const rendered = await composeMail(deps, mail)
    await deps.transport.send({
      ...rendered,
      messageId: `${id}@${new URL(publicUrl).hostname}`,
      from: { name: productName, address: mailFrom ?? '' },
      replyTo: mailReplyTo,
      to: recipient,
    })
  }
}

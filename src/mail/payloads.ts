import * as z from 'zod/mini'
import type { MailboxItem } from './message.ts'

/** `GET /dev/mail` */
export const mailboxQuery = z.strictObject({
  to: z.optional(
    z.string().check(z.maxLength(254, { error: 'is too long' }), z.meta({ description: 'The recipient.' })),
  ),
})

/** `GET /dev/mail` */
export const mailboxPayload = z
  .object({
    items: z.array(
      z.object({
        id: z.uuid(),
        to: z.string(),
        kind: z.string(),
        subject: z.string(),
        text: z.string(),
        html: z.string(),
        created_at: z.iso.datetime(),
      }),
    ),
  })
  .check(z.meta({ id: 'Mailbox' }))

export function toMailboxPayload(items: readonly MailboxItem[]): z.infer<typeof mailboxPayload> {
  return {
    items: items.map(({ createdAt, ...item }) => ({ ...item, created_at: createdAt.toISOString() })),
  }
}

import * as z from 'zod/mini'

export type MailUrl = { transport: 'off' }
export const mailUrl = z.pipe(
  z.string(),
  z.transform((): MailUrl => ({ transport: 'off' })),
)

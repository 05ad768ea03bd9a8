import * as z from 'zod/mini'

/** A token of ours has 79 to 454 characters. What is no token of ours, its seal refuses without a query. */
export const tokenField = z
  .string()
  .check(
    z.regex(/^[\w-]{1,1000}$/, { error: 'is not a token from one of our mails' }),
    z.meta({ description: 'From the link in a mail, what follows `#token=`.' }),
  )

/** A body with nothing but a token. */
export const tokenBody = z.strictObject({ token: tokenField }).check(z.meta({ id: 'Token' }))

/** The answer to every request for a mail: it is the same whether one is sent or not. */
export const acceptedPayload = z.object({ status: z.literal('accepted') }).check(z.meta({ id: 'Accepted' }))

export const ACCEPTED: z.infer<typeof acceptedPayload> = { status: 'accepted' }

import * as z from 'zod/mini'
import { email } from '../http/schemas.ts'
import { givenPassword } from '../passwords/payloads.ts'

/** `POST /users/me/email` */
export const addressChangeBody = z
  .strictObject({
    new_email: email.check(z.meta({ examples: ['ada@example.org'] })),
    password: givenPassword,
  })
  .check(z.meta({ id: 'AddressChange' }))

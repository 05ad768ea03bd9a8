import * as z from 'zod/mini'
import { givenPassword, newPassword } from '../users/payloads.ts'

// The change of a password answers what a sign-in does.
export { tokenPairPayload, toTokenPairPayload } from '../sessions/payloads.ts'

/** `POST /users/me/password` */
export const passwordChangeBody = z
  .strictObject({ current_password: givenPassword, new_password: newPassword })
  .check(z.meta({ id: 'PasswordChange' }))

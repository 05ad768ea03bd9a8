import { Hono } from 'hono'
import { anyone } from '../access/anyone.ts'
import { limitFloods } from '../access/limit-floods.ts'
import { requireUser } from '../access/require-user.ts'
import type { AppEnv } from '../http/context.ts'
import { describeRoute } from '../http/describe-route.ts'
import { validBody } from '../http/validate.ts'
import { ACCEPTED, acceptedPayload, tokenBody } from '../one-time-tokens/payloads.ts'
import { confirmAddress } from './confirm.ts'
import { addressChangeBody } from './payloads.ts'
import { rejectRegistration } from './reject.ts'
import { requestAddressChange } from './request-change.ts'
import { requestVerification } from './request-verification.ts'
import { undoAddressChange } from './undo.ts'

const tag = 'Email address'

/** Proving, changing and defending an address. A `GET` uses nothing up: mail scanners open every link. */
export const addressRoutes = new Hono<AppEnv>()
  .post(
    '/email-verifications',
    requireUser(),
    describeRoute({
      summary: 'Send a mail to verify your address',
      description: '204 and no mail if it is verified already. The link works for 24 hours.',
      tag,
      responses: { 202: acceptedPayload, 204: '' },
      errors: ['not_found'],
    }),
    async (c) => {
      const { deps, user, sessionId } = c.var
      const { isVerified } = await requestVerification(deps, {
        userId: user.id,
        sessionId,
        email: user.email.toLowerCase(),
      })
      return isVerified ? c.body(null, 204) : c.json(ACCEPTED, 202)
    },
  )
  .post(
    '/users/me/email',
    requireUser(),
    describeRoute({
      summary: 'Change your address',
      description:
        'Sends a link to the new address, and a notice to the old one. Nothing changes until the link is ' +
        'used. The answer is the same if the new address has an account; then its owner is told.',
      tag,
      responses: { 202: acceptedPayload },
      errors: ['wrong_password', 'not_found'],
    }),
    validBody(addressChangeBody),
    limitFloods('confirm'),
    async (c) => {
      const { new_email: newEmail, password } = c.req.valid('json')
      const { deps, user, sessionId } = c.var
      c.set('hidesDuration', true)
      await requestAddressChange(deps, { user, sessionId, newEmail, password })
      return c.json(ACCEPTED, 202)
    },
  )
  .post(
    '/email-verifications/confirm',
    anyone(),
    describeRoute({
      summary: 'Verify an address, or change to it',
      description: 'By the token of a mail to that address. Verifying ends no session and no password.',
      tag,
      responses: { 204: '' },
      errors: ['invalid_or_expired_code', 'email_taken'],
    }),
    validBody(tokenBody),
    limitFloods('verify'),
    async (c) => {
      await confirmAddress(c.var.deps, c.req.valid('json').token)
      return c.body(null, 204)
    },
  )
  .post(
    '/email-verifications/reject',
    anyone(),
    describeRoute({
      summary: 'Say that an account with your address is not yours',
      description: 'Deletes the account if its address was never verified: the address is free again.',
      tag,
      responses: { 204: '' },
      errors: ['invalid_or_expired_code'],
    }),
    validBody(tokenBody),
    limitFloods('verify'),
    async (c) => {
      await rejectRegistration(c.var.deps, c.req.valid('json').token)
      return c.body(null, 204)
    },
  )
  .post(
    '/email-verifications/undo',
    anyone(),
    describeRoute({
      summary: 'Undo a change of the address',
      description:
        'By the token of the notice to the old address, for 72 hours. Every session ends, and the password ' +
        'is void until a reset, whose mail is sent at once.',
      tag,
      responses: { 204: '' },
      errors: ['invalid_or_expired_code', 'email_taken'],
    }),
    validBody(tokenBody),
    limitFloods('verify'),
    async (c) => {
      await undoAddressChange(c.var.deps, c.req.valid('json').token)
      return c.body(null, 204)
    },
  )

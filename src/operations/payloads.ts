import * as z from 'zod/mini'
import type { PublicKey } from '../crypto/signing-key.ts'
import type { Probed } from '../deps.ts'

const described = <S extends z.ZodMiniType>(schema: S, description: string): S =>
  schema.check(z.meta({ description }))

/** `GET /`: where to go from here, as paths of this server. */
export const aboutPayload = z
  .object({
    name: z.string(),
    version: z.string(),
    documentation: z.string(),
    openapi: z.string(),
    health: z.string(),
    ready: z.string(),
  })
  .check(z.meta({ id: 'About' }))

export function toAboutPayload(about: { name: string; version: string }): z.infer<typeof aboutPayload> {
  return {
    name: about.name,
    version: about.version,
    documentation: '/docs',
    openapi: '/openapi.json',
    health: '/health',
    ready: '/ready',
  }
}

export const healthPayload = z.object({ status: z.literal('ok') }).check(z.meta({ id: 'Health' }))

export const readinessPayload = z
  .object({
    status: z.literal('ok'),
    database: z.object({
      status: z.literal('up'),
      round_trip_milliseconds: described(z.number(), 'From this instance to the database and back.'),
    }),
    outbox: z.object({
      status: described(
        z.enum(['ok', 'delayed', 'given_up']),
        '`delayed`: something has waited for ten minutes; `given_up`: something expired unsent within a day.',
      ),
    }),
  })
  .check(z.meta({ id: 'Readiness' }))

export function toReadinessPayload({ milliseconds, outbox }: Probed): z.infer<typeof readinessPayload> {
  return {
    status: 'ok',
    database: { status: 'up', round_trip_milliseconds: milliseconds },
    outbox: { status: statusOf(outbox) },
  }
}

/** `GET /.well-known/jwks.json` (RFC 7517 section 5) */
export const jwksPayload = z
  .object({
    keys: z.array(
      z.object({
        kty: z.string(),
        crv: z.optional(z.string()),
        x: z.optional(z.string()),
        y: z.optional(z.string()),
        alg: z.string(),
        kid: z.string(),
        use: z.literal('sig'),
      }),
    ),
  })
  .check(z.meta({ id: 'JWKS' }))

/** Written field by field, so that no private part of a key is ever sent. */
export function toJwksPayload(keys: readonly PublicKey[]): z.infer<typeof jwksPayload> {
  return {
    keys: keys.map(({ kty, crv, x, y, alg, kid, use }) => ({
      kty,
      ...(crv && { crv }),
      ...(x && { x }),
      ...(y && { y }),
      alg,
      kid,
      use,
    })),
  }
}

/** The shape of problem documents (RFC 9457), which `http/problem.ts` writes. */
export const problemPayload = z
  .object({
    type: described(z.string(), 'A page that says what the code means.'),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: described(z.string(), 'Stable; branch on this one.'),
    instance: described(z.string(), 'Names the request; quote it in a report.'),
    errors: z.optional(
      z.array(
        z.object({
          pointer: described(z.string(), 'A JSON Pointer into the body.'),
          code: z.string(),
          detail: z.string(),
        }),
      ),
    ),
    database: z.optional(
      described(
        z.object({ status: z.literal('down'), round_trip_milliseconds: z.number() }),
        'Of `GET /ready` alone: for how long the database was asked.',
      ),
    ),
  })
  .check(z.meta({ id: 'Problem' }))

/** `GET /problems/{code}` */
export const problemPagePayload = z
  .object({ code: z.string(), status: z.int(), title: z.string(), advice: z.string() })
  .check(z.meta({ id: 'ProblemPage' }))

/** No numbers: while mails fail, they would tell whoever asks for a reset whether it was for an account. */
function statusOf(outbox: Probed['outbox']): 'ok' | 'delayed' | 'given_up' {
  if (outbox && outbox.givenUp > 0) return 'given_up'
  return outbox && outbox.waiting > 0 ? 'delayed' : 'ok'
}

import * as z from 'zod'

export const healthPayload = z.object({ status: z.literal('ok') }).meta({ id: 'Health' })

export const readinessPayload = z
  .object({
    status: z.literal('ok'),
    database: z.object({
      status: z.literal('up'),
      round_trip_milliseconds: z.number().meta({ description: 'From this instance to the database and back.' }),
    }),
  })
  .meta({ id: 'Readiness' })

/** What a problem document looks like (RFC 9457); `http/problem.ts` writes them. */
export const problemPayload = z
  .object({
    type: z.string().meta({ description: 'A page that says what the code means.' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().meta({ description: 'Stable; branch on this one.' }),
    instance: z.string().meta({ description: 'Names the request; quote it in a report.' }),
    errors: z
      .array(
        z.object({
          pointer: z.string().meta({ description: 'A JSON Pointer into the body.' }),
          code: z.string(),
          detail: z.string(),
        }),
      )
      .optional(),
  })
  .meta({ id: 'Problem' })

/** `GET /problems/{code}` */
export const problemPagePayload = z
  .object({ code: z.string(), status: z.int(), title: z.string(), advice: z.string() })
  .meta({ id: 'ProblemPage' })

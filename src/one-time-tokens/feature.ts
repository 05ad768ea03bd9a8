import type { Feature } from '../features/feature.ts'
import { oneTimeTokens as table } from './schema.ts'

export const oneTimeTokens = {
  tables: { oneTimeTokens: table },
  errors: {
    invalid_or_expired_code: {
      status: 400,
      title: 'The link or code is not valid',
      advice:
        'It was used before, has expired, was replaced by a newer one or never existed. Ask for a new one.',
    },
  },
  purges: {
    tokens: { table, age: table.expiresAt, keepDays: 1 },
  },
} as const satisfies Feature

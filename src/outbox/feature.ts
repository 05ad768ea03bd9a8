import type { Feature } from '../features/feature.ts'
import { outbox as table } from './schema.ts'

export const outbox = {
  tables: { outbox: table },
  events: {
    delivery_given_up: {
      meaning: 'The message in `details` could not be sent within a day, or before its link expired.',
    },
  },
  purges: {
    // They hold addresses of people. A week, to answer "was it sent?".
    deliveries: { table, age: table.createdAt, keepDays: 7 },
  },
} as const satisfies Feature

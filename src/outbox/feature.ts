import type { Feature } from '../features/feature.ts'
import { outbox as table } from './schema.ts'

export const outbox = {
  tables: { outbox: table },
  events: {
    delivery_given_up: {
      meaning: 'What `details` names could not be sent for a day, or until its link had expired.',
    },
  },
  purges: {
    // They hold addresses of people. A week, to answer "was it sent?".
    deliveries: { table, age: table.createdAt, keepDays: 7 },
  },
} as const satisfies Feature

import type { Feature } from '../features/feature.ts'
import { integer } from '../features/rules.ts'
import { auditEvents } from './schema.ts'

export const audit = {
  tables: { auditEvents },
  variables: {
    AUDIT_RETENTION_DAYS: {
      rule: integer(1, 3650),
      unit: 'days',
      default: '365',
      reason: 'how long security events are kept, 1 to 3650',
    },
  },
  events: {
    access_denied: {
      meaning:
        'What `details` names was refused to the account: a permission was missing, the other account may ' +
        'do more, or a foreign page sent it. Once an hour for each.',
    },
    personal_data_read: {
      meaning:
        'An administrator read what `details` names of the account, or of all accounts. Once an hour for ' +
        'each.',
    },
  },
  permissions: { 'audit:read': 'Read the security events of everybody.' },
  purges: {
    // They hold addresses of people.
    events: { table: auditEvents, age: auditEvents.occurredAt, keepDays: 'AUDIT_RETENTION_DAYS' },
  },
} as const satisfies Feature

import type { Feature } from '../features/feature.ts'
import { databaseUrl, endpointUrl, integer, schemaName } from '../features/rules.ts'

export const database = {
  variables: {
    DATABASE_URL: {
      rule: databaseUrl,
      unit: 'connection string',
      required: true,
      secret: true,
      reason:
        'of a database at Neon (`*.neon.tech`) or on this machine: it holds the password, so it is sent ' +
        'to no other host',
    },
    DATABASE_ENDPOINT: {
      rule: endpointUrl,
      unit: 'URL',
      otherwise: 'Neon’s of `DATABASE_URL`',
      reason:
        'the URL that SQL is posted to instead: a proxy that speaks Neon’s protocol for a database ' +
        'elsewhere. https off loopback',
    },
    DATABASE_SCHEMA: {
      rule: schemaName,
      unit: 'schema name',
      default: 'lumascope',
      reason: 'the PostgreSQL schema that all tables of this server are in, beside those of an application',
    },
    DATABASE_TIMEOUT_MILLISECONDS: {
      rule: integer(500, 15_000),
      unit: 'milliseconds',
      default: '3000',
      reason:
        'a statement without an answer by then counts as failed, 500 to 15000; the database’s own ' +
        '`statement_timeout` has to be shorter',
    },
  },
  errors: {
    database_unavailable: {
      status: 503,
      title: 'The service is not available at the moment',
      advice: 'What this needs did not answer, so nothing is certain to have happened. Try again shortly.',
      headers: { 'Retry-After': '2' },
    },
  },
} as const satisfies Feature

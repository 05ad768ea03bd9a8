import { defineConfig } from 'drizzle-kit'

// Used by `npm run db:generate` only: migrations are applied by `npm run db:migrate`.
export default defineConfig({
  dialect: 'postgresql',
  schema: ['./src/features/tables.ts', './src/*/schema.ts'],
  schemaFilter: ['lumascope'],
  out: './drizzle',
  migrations: { schema: 'lumascope', table: 'lumascope_migrations' },
})

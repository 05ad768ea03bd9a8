import { relations } from 'drizzle-orm'
import { boolean, pgTable, text, timestamp } from 'drizzle-orm/pg-core'

// The tables of better-auth's own migration, for its Drizzle adapter.
const time = (name: string) => timestamp(name, { withTimezone: true })

export const user = pgTable('user', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  email: text('email').notNull().unique(),
  emailVerified: boolean('emailVerified').notNull(),
  image: text('image'),
  createdAt: time('createdAt').notNull(),
  updatedAt: time('updatedAt').notNull(),
  role: text('role'),
  banned: boolean('banned'),
  banReason: text('banReason'),
  banExpires: time('banExpires'),
})

export const session = pgTable('session', {
  id: text('id').primaryKey(),
  expiresAt: time('expiresAt').notNull(),
  token: text('token').notNull().unique(),
  createdAt: time('createdAt').notNull(),
  updatedAt: time('updatedAt').notNull(),
  ipAddress: text('ipAddress'),
  userAgent: text('userAgent'),
  userId: text('userId').notNull(),
  impersonatedBy: text('impersonatedBy'),
})

export const account = pgTable('account', {
  id: text('id').primaryKey(),
  accountId: text('accountId').notNull(),
  providerId: text('providerId').notNull(),
  userId: text('userId').notNull(),
  accessToken: text('accessToken'),
  refreshToken: text('refreshToken'),
  idToken: text('idToken'),
  accessTokenExpiresAt: time('accessTokenExpiresAt'),
  refreshTokenExpiresAt: time('refreshTokenExpiresAt'),
  scope: text('scope'),
  password: text('password'),
  createdAt: time('createdAt').notNull(),
  updatedAt: time('updatedAt').notNull(),
})

export const verification = pgTable('verification', {
  id: text('id').primaryKey(),
  identifier: text('identifier').notNull(),
  value: text('value').notNull(),
  expiresAt: time('expiresAt').notNull(),
  createdAt: time('createdAt').notNull(),
  updatedAt: time('updatedAt').notNull(),
})

// The Drizzle adapter's joins need these.
export const userRelations = relations(user, ({ many }) => ({
  sessions: many(session),
  accounts: many(account),
}))
const owner = { references: [user.id] } as const
export const sessionRelations = relations(session, ({ one }) => ({
  user: one(user, { fields: [session.userId], ...owner }),
}))
export const accountRelations = relations(account, ({ one }) => ({
  user: one(user, { fields: [account.userId], ...owner }),
}))

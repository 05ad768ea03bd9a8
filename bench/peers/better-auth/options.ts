import type { BetterAuthOptions } from 'better-auth'
import { admin } from 'better-auth/plugins/admin'

export type Environment = { BASE_URL: string; SECRET: string; COOKIE_CACHE?: string; JOINS?: string }

/** Email and password, sessions in the database, and the admin plugin's list of users; else the defaults. */
export function optionsOf(environment: Environment) {
  return {
    baseURL: environment.BASE_URL,
    secret: environment.SECRET,
    emailAndPassword: { enabled: true },
    rateLimit: { enabled: false },
    session: { cookieCache: { enabled: environment.COOKIE_CACHE === 'on', maxAge: 86_400 } },
    advanced: { database: { joins: environment.JOINS === 'on' } },
    plugins: [admin()],
    logger: { disabled: true },
    telemetry: { enabled: false },
  } satisfies BetterAuthOptions
}

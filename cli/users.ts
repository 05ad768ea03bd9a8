import { openConfigured } from '../local/configured-database.ts'
import { readVariable } from '../local/dev-vars.ts'
import { findErrorCode, reasonOf } from '../local/error-code.ts'
import { enableAccount } from '../src/administration/enable-account.ts'
import { issuePasswordReset } from '../src/administration/issue-reset.ts'
import { writeMetadata } from '../src/administration/write-metadata.ts'
import { deriveKeys } from '../src/crypto/derive-keys.ts'
import { AppError } from '../src/errors.ts'
import { VARIABLES } from '../src/features.ts'
import type { LinkDeps } from '../src/mail/make-links.ts'
import type { Granted } from '../src/roles/grant-role.sql.ts'
import { grantRole, revokeRole } from '../src/roles/grant-role.ts'
import type { Claims } from '../src/sessions/feature.ts'
import { NO_CLIENT } from '../src/sql/events.ts'
import { metadataPatch } from '../src/users/payloads.ts'
import type { Metadata } from '../src/users/schema.ts'

// `npm run users` changes accounts in the configured database, on behalf of an operator. It appoints the
// first administrator, and lets an administrator in again who is locked out. No route can do either.

const USAGE = `\
npm run users -- grant  EMAIL ROLE    gives an account a role: the first administrator's is admin
npm run users -- revoke EMAIL ROLE    takes it away
npm run users -- enable EMAIL         lets somebody sign in who is disabled, or locked by wrong passwords
npm run users -- reset  EMAIL         prints a link to choose a new password within 24 hours; hand it over
npm run users -- metadata EMAIL JSON  merges JSON into app_metadata: '{"plan":"pro"}'; null removes a member

The database is that of DATABASE_URL, or else the one of npm run dev.`

class UsageError extends Error {}

type Deps = Parameters<typeof writeMetadata>[0]

/** The acts by name: the number of their arguments, and the function, which returns a message. */
const ACTS: Record<string, { words: number; run(deps: Deps, words: string[]): Promise<string> }> = {
  grant: {
    words: 2,
    run: async (deps, [email = '', role = '']) => toMessage(email, await grantRole(deps, { email, role })),
  },
  revoke: {
    words: 2,
    run: async (deps, [email = '', role = '']) => toMessage(email, await revokeRole(deps, { email, role })),
  },
  metadata: {
    words: 2,
    async run(deps, [email = '', json = '']) {
      const patch = readPatch(json)
      const { userId, appMetadata, isChanged } = await writeMetadata(deps, { email, patch })
      return `${email} (id ${userId}) has: ${JSON.stringify(appMetadata)}${isChanged ? '' : ', as before'}`
    },
  },
  reset: {
    words: 1,
    async run(deps, [email = '']) {
      const issued = await issuePasswordReset({ ...deps, ...readLinkDeps() }, { email })
      const { userId, link, expiresAt, isDisabled } = issued
      const warning = isDisabled ? `\nThe account is disabled: npm run users -- enable ${email}` : ''
      const until = expiresAt.toISOString()
      return `${email} (id ${userId}) chooses a new password until ${until} at:\n${link}${warning}`
    },
  },
  enable: {
    words: 1,
    async run(deps, [email = '']) {
      const { userId, isChanged, hasPassword } = await enableAccount(deps, { email })
      const may = hasPassword ? 'can sign in' : 'is enabled, but has no password to sign in with'
      return `${email} (id ${userId}) ${may}${isChanged ? '' : ', as before'}`
    },
  },
}

/**
 * The value of a variable of the operator's environment, or its default: the server's own, if both have one.
 */
function readOwn<Name extends 'AUTH_SECRETS' | 'APP_URL' | 'ACCOUNT_PATH'>(name: Name, standard?: string) {
  const given = readVariable(process.env, name) ?? standard
  if (given === undefined) throw new Error(`${name} is missing: it has to be the one of the server`)
  const result = VARIABLES[name].rule.safeParse(given)
  if (result.success) return result.data
  throw new Error(`${name} ${result.error.issues[0]?.message}`)
}

/** Reads the dependencies of making a link from the environment. */
function readLinkDeps(): LinkDeps {
  // For the database of `npm run dev`, the frontend is where it is by default.
  const isLocal = !readVariable(process.env, 'DATABASE_URL')
  const appUrl = readOwn('APP_URL', isLocal ? 'http://localhost:3000' : undefined) as string
  const accountPath = readOwn('ACCOUNT_PATH', VARIABLES.ACCOUNT_PATH.default) as string
  const secrets = readOwn('AUTH_SECRETS') as string[]
  return { config: { appUrl, accountPath }, oneTimeTokenKeys: deriveKeys(secrets, 'one-time-token') }
}

/** `JWT_CLAIMS` of the operator's environment: the server's own, if the operator has the same variables. */
function readClaims(): Claims {
  const { rule, default: standard } = VARIABLES.JWT_CLAIMS
  const result = rule.safeParse(readVariable(process.env, 'JWT_CLAIMS') ?? standard)
  if (result.success) return result.data
  throw new Error(`JWT_CLAIMS ${result.error.issues[0]?.message}`)
}

/** @throws Error that tells the operator why it is no patch */
function readPatch(json: string): Metadata {
  let patch: unknown
  try {
    patch = JSON.parse(json)
  } catch {
    throw new Error(`This is not JSON: ${json}. Quote it for the shell: '{"plan":"pro"}'`)
  }
  const result = metadataPatch.safeParse(patch)
  if (result.success && result.data) return result.data
  const [issue] = result.error?.issues ?? []
  throw new Error(
    `app_metadata${(issue?.path ?? []).map((name) => `.${String(name)}`).join('')} ${issue?.message}`,
  )
}

function toMessage(email: string, { userId, roles, isChanged, canSignIn }: Granted): string {
  const has = `${email} (id ${userId}) has: ${roles.join(', ') || 'no role'}${isChanged ? '' : ', as before'}`
  return canSignIn ? has : `${has}\nThe account is disabled or locked: npm run users -- enable ${email}`
}

async function main([name = '', ...given]: readonly string[]): Promise<void> {
  const act = Object.hasOwn(ACTS, name) ? ACTS[name] : undefined
  const words = given.map((word) => word.trim())
  if (act?.words !== words.length || !words.every(Boolean)) throw new UsageError()
  const { db, location, close } = await openConfigured(process.env)
  // An operator at a terminal has no client address.
  const client = NO_CLIENT
  try {
    const config = { jwtClaims: readClaims() }
    const answer = await act.run({ db, client, config, clock: () => new Date() }, words)
    console.log(`${location}\n${answer}`)
  } finally {
    await close()
  }
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  console.error(explain(error))
  process.exitCode = 1
}

function explain(error: unknown): string {
  if (error instanceof UsageError) return USAGE
  if (error instanceof AppError && error.detail) return error.detail
  const code = findErrorCode(error)
  // SQLSTATEs of a missing table and a missing column.
  if (code === '42P01' || code === '42703') {
    const command = 'npm run db:migrate (npm run dev does so to its own)'
    return `The database lacks tables of this version. Run: ${command}`
  }
  if (error instanceof Error && code === 'database_unavailable') {
    const cause = reasonOf(error.cause)
    return `The database gave no usable answer (${cause}). Run this again: it says how things are.`
  }
  return reasonOf(error)
}

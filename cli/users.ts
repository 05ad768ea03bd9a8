import { openConfigured } from '../local/configured-database.ts'
import { reason } from '../local/database.ts'
import { grantRole, revokeRole } from '../src/roles/grant-role.ts'

// `npm run users -- grant EMAIL ROLE` and `npm run users -- revoke EMAIL ROLE`, on the configured database: how there
// comes to be a first administrator. No route can do it.

const USAGE = `npm run users -- grant  EMAIL ROLE    gives an account a role: the first administrator's is admin
npm run users -- revoke EMAIL ROLE    takes it away

The database is that of DATABASE_URL, or else the one of npm run dev.`

const ACTS = { grant: grantRole, revoke: revokeRole }

async function main([act = '', email, role, ...others]: readonly string[]): Promise<void> {
  if (!Object.hasOwn(ACTS, act) || !email || !role || others.length > 0) throw new Error(USAGE)
  const { db, location, close } = await openConfigured(process.env)
  // An operator at a terminal has no address that a server would know.
  const client = { address: null, network: 'unknown', userAgent: null }
  const deps = { db, client, clock: () => new Date() }
  try {
    const outcome = await ACTS[act as keyof typeof ACTS](deps, { email, role })
    const has = `${email} (id ${outcome.userId}) has: ${outcome.roles.join(', ') || 'no role'}`
    console.log(`${location}\n${has}${outcome.isChanged ? '' : ', as before'}`)
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
  if ((error as { code?: unknown }).code === '42P01') {
    return 'The database lacks tables of this version. Run: npm run db:migrate'
  }
  return error instanceof Error && error.message === USAGE ? USAGE : reason(error)
}

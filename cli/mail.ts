import { openConfigured } from '../local/configured-database.ts'
import { findErrorCode, reasonOf } from '../local/error-code.ts'
import { isUuid } from '../src/crypto/encoding.ts'
import { listWaiting } from '../src/outbox/list-waiting.ts'
import { retryDeliveries } from '../src/outbox/retry.ts'

// `npm run mail` shows operators what could not be sent, and has it sent again.

const USAGE = `\
npm run mail -- list         what waits or was given up, and why
npm run mail -- retry        has all of it sent again, within ten minutes
npm run mail -- retry ID     has one of them sent again

The database is that of DATABASE_URL, or else the one of npm run dev.`

type Deps = Parameters<typeof retryDeliveries>[0]

async function list(deps: Deps): Promise<string> {
  const rows = await listWaiting(deps)
  if (rows.length === 0) return 'Everything was sent.'
  return rows
    .map(({ id, name, recipient, createdAt, attempts, notBefore, givenUpAt, lastError }) => {
      const state = givenUpAt ? `given up ${givenUpAt.toISOString()}` : `next try ${notBefore.toISOString()}`
      const what = [id, createdAt.toISOString(), name, recipient].join('  ')
      return `${what}\n  ${attempts} tries, ${state}${lastError === null ? '' : `: ${lastError}`}`
    })
    .join('\n')
}

async function retry(deps: Deps, id: string | null): Promise<string> {
  const count = await retryDeliveries(deps, { id })
  if (id !== null && count === 0) process.exitCode = 1
  return id !== null && count === 0
    ? `Nothing with the id ${id} can be sent again: it was sent, replaced or has expired, or is being sent`
    : `${count} will be sent again within ten minutes`
}

async function main([name = '', id, ...rest]: readonly string[]): Promise<void> {
  const isList = name === 'list' && id === undefined
  const isRetry = name === 'retry' && (id === undefined || isUuid(id)) && rest.length === 0
  if (!isList && !isRetry) {
    if (name === 'retry' && id !== undefined && !isUuid(id)) console.error(`${id} is not an id of the list\n`)
    console.error(USAGE)
    process.exitCode = 1
    return
  }
  const { db, location, close } = await openConfigured(process.env)
  try {
    const deps = { db, clock: () => new Date() }
    console.log(`${location}\n${isList ? await list(deps) : await retry(deps, id ?? null)}`)
  } finally {
    await close()
  }
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  // The SQLSTATE of a missing table.
  const isOld = findErrorCode(error) === '42P01'
  console.error(
    isOld ? 'The database lacks tables of this version. Run: npm run db:migrate' : reasonOf(error),
  )
  process.exitCode = 1
}

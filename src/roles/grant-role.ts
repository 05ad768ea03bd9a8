import type { Deps } from '../deps.ts'
import { type Granted, setUserRole } from './grant-role.sql.ts'

type Grant = { email: string; role: string }

/**
 * Gives an account a role on behalf of an operator of the database: it asks for no session and no permission.
 * For `cli/`; no route may call it.
 *
 * @throws Error that tells the operator which of the two does not exist
 */
export function grantRole(deps: Pick<Deps, 'db' | 'clock' | 'client'>, grant: Grant): Promise<Granted> {
  return apply(deps, { ...grant, isGranted: true })
}

/**
 * Takes a role away in the same way.
 *
 * @throws Error as above; also if no enabled user would be an administrator any more
 */
export function revokeRole(deps: Pick<Deps, 'db' | 'clock' | 'client'>, grant: Grant): Promise<Granted> {
  return apply(deps, { ...grant, isGranted: false })
}

async function apply(
  deps: Pick<Deps, 'db' | 'clock' | 'client'>,
  { email, role, isGranted }: Grant & { isGranted: boolean },
): Promise<Granted> {
  const act = { email: email.trim().toLowerCase(), role, isGranted, now: deps.clock() }
  const outcome = await setUserRole(deps, act)
  if (outcome === 'no_account') throw new Error(`No account has the address ${email}`)
  if (outcome === 'no_role') throw new Error(`There is no role ${role}`)
  if (outcome === 'last_admin')
    throw new Error(`${email} is the last administrator: appoint another one first`)
  return outcome
}

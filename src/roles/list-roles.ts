import type { Deps } from '../deps.ts'
import { type Role, selectRoles } from './queries.ts'

/** Reads all roles, by name. */
export function listRoles({ db }: Pick<Deps, 'db'>): Promise<Role[]> {
  return selectRoles(db)
}

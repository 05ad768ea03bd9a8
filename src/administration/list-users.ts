import { fromBase64Url, toBase64Url, utf8 } from '../crypto/encoding.ts'
import type { Deps } from '../deps.ts'
import { fieldError } from '../errors.ts'
import { recordBudget } from '../limits/budgets.ts'
import { refused } from '../roles/refused.ts'
import type { Actor } from '../sql/authority.ts'
import { MAX_USER_ID } from '../users/user-id.ts'
import type { AdminUser } from './queries.ts'
import { listUsers as findUsers } from './reads.sql.ts'
import type { UserFilter, UserPosition } from './search-users.sql.ts'

/** One page of accounts, and where the next begins; `null` after the last. */
export type ListedUsers = { users: AdminUser[]; nextCursor: string | null }

/**
 * Reads a page of accounts, by id or those that a search finds, and puts on record that it was read.
 *
 * @param input.cursor what the page before named; absent for the first page
 * @throws AppError `validation_failed` for a cursor that no page of such a list named; `forbidden` or `invalid_token`
 *   where the caller may no more, or their session ended meanwhile
 */
export async function listUsers(
  deps: Pick<Deps, 'db' | 'clock' | 'client' | 'limitKeys'>,
  { actor, cursor, ...filter }: UserFilter & { actor: Actor; cursor: string | undefined; limit: number },
): Promise<ListedUsers> {
  const after = cursor === undefined ? null : readCursor(cursor, { isSearch: filter.query !== null })
  const budget = await recordBudget(deps, 'read', `${actor.userId} accounts`)
  const page = await findUsers(deps, { ...filter, after, reading: { actor, budget, now: deps.clock() } })
  if (typeof page === 'string') throw refused(page)
  return { users: page.users, nextCursor: page.next && toCursor(page.next) }
}

function toCursor({ id, key }: UserPosition): string {
  return key === null ? String(id) : `${id}.${toBase64Url(utf8(key))}`
}

function readCursor(cursor: string, { isSearch }: { isSearch: boolean }): UserPosition {
  const [, digits, encoded] = /^([1-9]\d{0,9})(?:\.([\w-]+))?$/.exec(cursor) ?? []
  const id = Number(digits)
  const key = encoded === undefined ? null : decode(encoded)
  // A key that can't be stored is none that was found.
  const isKey = isSearch ? key !== null && !key.includes('\0') : encoded === undefined
  if (!isKey || !(id <= MAX_USER_ID)) {
    throw fieldError('validation_failed', {
      ...{ pointer: '/cursor', code: 'invalid_format', detail: 'is not a cursor of this list' },
    })
  }
  return { id, key }
}

/** `null` for what is not the UTF-8 of a text. */
function decode(encoded: string): string | null {
  const bytes = fromBase64Url(encoded)
  if (!bytes) return null
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}

import { fromBase64Url, toBase64Url, utf8 } from '../crypto/encoding.ts'
import type { UserFilter, UserPosition } from '../db/user-search.ts'
import type { Deps } from '../deps.ts'
import { memberError } from '../errors.ts'
import { MAX_USER_ID } from '../user-id.ts'
import { type AdminUser, listUsers as findUsers } from './queries.ts'

/** One page of accounts, and where the next begins; `null` after the last. */
export type ListedUsers = { users: AdminUser[]; nextCursor: string | null }

/**
 * Reads a page of accounts: by id, or those that a search finds.
 *
 * @param input.cursor what the page before named; absent for the first page
 * @throws AppError `validation_failed` for a cursor that no page of such a list named
 */
export async function listUsers(
  { db }: Pick<Deps, 'db'>,
  { cursor, ...filter }: UserFilter & { cursor: string | undefined; limit: number },
): Promise<ListedUsers> {
  const after = cursor === undefined ? null : readCursor(cursor, { isSearch: filter.query !== null })
  const { users, next } = await findUsers(db, { ...filter, after })
  return { users, nextCursor: next && toCursor(next) }
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
    throw memberError('validation_failed', {
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

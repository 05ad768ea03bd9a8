import { fromBase64Url, toBase64Url, utf8 } from '../crypto/encoding.ts'
import { MAX_INTEGER } from '../db/integer.ts'
import type { Deps } from '../deps.ts'
import { fieldError } from '../errors.ts'
import { makeRecordBucket } from '../limits/make-buckets.ts'
import { refusalError } from '../roles/refusal-error.ts'
import type { AdminUser } from '../sql/admin-users.ts'
import type { Actor } from '../sql/authority.ts'
import { selectUserPage, type UserFilter, type UserPosition } from './list-users.sql.ts'

/** One page of accounts, and the cursor of the next; `null` after the last. */
export type ListedUsers = { users: AdminUser[]; nextCursor: string | null }

/**
 * Reads a page of accounts, by id or those that a search finds, and records that it was read.
 *
 * @param input.cursor the `nextCursor` of the page before; absent for the first page
 * @throws AppError `validation_failed` for a cursor that no page of such a list gave out; `forbidden` if the
 *   caller lost the permission; `invalid_token` if their session has ended
 */
export async function listUsers(
  deps: Pick<Deps, 'db' | 'clock' | 'client' | 'limitKeys' | 'config'>,
  { actor, cursor, ...filter }: UserFilter & { actor: Actor; cursor: string | undefined; limit: number },
): Promise<ListedUsers> {
  const after = cursor === undefined ? null : readCursor(cursor, { isSearch: filter.query !== null })
  const bucket = await makeRecordBucket(deps, 'read', `${actor.userId} accounts`)
  const fields = deps.config.accountFields
  const page = await selectUserPage(deps, {
    ...filter,
    fields,
    after,
    reading: { actor, bucket, now: deps.clock() },
  })
  if (typeof page === 'string') throw refusalError(page)
  return { users: page.users, nextCursor: page.next && toCursor(page.next) }
}

function toCursor({ id, key }: UserPosition): string {
  return key === null ? String(id) : `${id}.${toBase64Url(utf8(key))}`
}

function readCursor(cursor: string, { isSearch }: { isSearch: boolean }): UserPosition {
  const [, digits, encoded] = /^([1-9]\d{0,9})(?:\.([\w-]+))?$/.exec(cursor) ?? []
  const id = Number(digits)
  const key = encoded === undefined ? null : decode(encoded)
  // PostgreSQL stores no NUL: such a key was never found, and comparing with it would be an error.
  const isKey = isSearch ? key !== null && !key.includes('\0') : encoded === undefined
  if (!isKey || !(id <= MAX_INTEGER)) {
    const detail = 'is not a cursor of this list'
    throw fieldError('validation_failed', { pointer: '/cursor', code: 'invalid_format', detail })
  }
  return { id, key }
}

/** `null` if it is not base64url of UTF-8. */
function decode(encoded: string): string | null {
  const bytes = fromBase64Url(encoded)
  if (!bytes) return null
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}

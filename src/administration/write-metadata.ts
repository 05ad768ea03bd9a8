import type { Config } from '../config/parse-config.ts'
import type { Deps } from '../deps.ts'
import { MAX_METADATA_BYTES, type Metadata } from '../users/schema.ts'
import { assertFitsClaims } from './change-user.ts'
import { patchAppMetadata } from './write-metadata.sql.ts'

/**
 * Merges a patch (RFC 7396) into an account's `app_metadata` on behalf of an operator of the database. For
 * `cli/`; no route may call it.
 *
 * @param input.patch checked as `metadataPatch` of `users/payloads.ts` does
 * @returns the metadata now, and whether that changed anything
 * @throws AppError `validation_failed` if a member does not fit into a token
 * @throws Error that tells the operator that there is no such account, or that the metadata would be too
 *   large
 */
export async function writeMetadata(
  deps: Pick<Deps, 'db' | 'clock' | 'client'> & { config: Pick<Config, 'jwtClaims'> },
  { email, patch }: { email: string; patch: Metadata },
): Promise<{ userId: number; appMetadata: Metadata; isChanged: boolean }> {
  assertFitsClaims(deps.config, patch)
  const address = email.trim().toLowerCase()
  const patched = await patchAppMetadata(deps, { email: address, patch, now: deps.clock() })
  if (!patched) throw new Error(`No account has the address ${email}`)
  if (!patched.isTooLarge) return patched
  throw new Error(`The metadata would have more than ${MAX_METADATA_BYTES} bytes; nothing was changed`)
}

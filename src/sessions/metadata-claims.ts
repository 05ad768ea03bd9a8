import type { Config } from '../config/parse-config.ts'
import { toAsciiJson } from '../crypto/jwt.ts'
import type { Metadata } from '../users/schema.ts'

/**
 * The most that one member of `app_metadata` adds to a token, as JSON in ASCII. Eight of them are 2.7 KiB in
 * base64: with them the usual token is under 4 KiB and the largest under 12, and headers of 16 KiB are
 * accepted everywhere.
 */
export const MAX_CLAIM_CHARACTERS = 256

/** Whether a value may be in tokens: JSON without objects, whose members could grow one by one. */
export function fitsIntoToken(value: unknown): boolean {
  const isFlat = [value].flat().every((item) => typeof item !== 'object' || item === null)
  return isFlat && toAsciiJson(value).length <= MAX_CLAIM_CHARACTERS
}

/**
 * The claim `app_metadata`: those members that `JWT_CLAIMS` names and the user has. One that does not fit is
 * left out; it was stored before it was named, or not by this server.
 */
export function metadataClaims(
  { jwtClaims }: Pick<Config, 'jwtClaims'>,
  appMetadata: Metadata,
): { app_metadata?: Metadata } {
  const claims = jwtClaims.appMetadata
    .filter((name) => Object.hasOwn(appMetadata, name) && fitsIntoToken(appMetadata[name]))
    .map((name) => [name, appMetadata[name]])
  return claims.length > 0 ? { app_metadata: Object.fromEntries(claims) } : {}
}

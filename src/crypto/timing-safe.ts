/**
 * Compares two byte strings in a time that depends on their length only, so that an attacker who measures
 * it can't find the right value byte by byte. Lengths are not secret here: every caller compares digests.
 */
export function timingSafeEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let index = 0; index < a.length; index++) difference |= (a[index] ?? 0) ^ (b[index] ?? 0)
  return difference === 0
}

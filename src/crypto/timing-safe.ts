/**
 * Compares two byte strings in a time that depends on their length alone: otherwise an attacker who measures
 * it finds the right value byte by byte. The lengths of digests are no secret.
 */
export function timingSafeEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let index = 0; index < a.length; index++) difference |= (a[index] ?? 0) ^ (b[index] ?? 0)
  return difference === 0
}

import { parseArgs } from 'node:util'
import { SECRET_KID } from '../src/config/reused-secrets.ts'
import {
  type Algorithm,
  generateKey,
  hs256Key,
  keyProblem,
  type SigningKey,
} from '../src/crypto/signing-key.ts'

// `npm run keys -- generate --alg ES256` and `npm run keys -- rotate` print values of JWT_SIGNING_KEYS, which
// are secret, and store nothing.

const USAGE = `npm run keys -- generate [--alg ES256|EdDSA|HS256] [--value]
                             with --value nothing but the value, for a pipe: npm run --silent keys -- …
npm run keys -- rotate   [--alg …]   with the present JWT_SIGNING_KEYS or JWT_SECRET in the environment`

const ALGORITHMS: readonly Algorithm[] = ['ES256', 'EdDSA', 'HS256']

const PUT = 'npx wrangler secret put JWT_SIGNING_KEYS'
const DELETE = 'npx wrangler secret delete JWT_SECRET'

class UsageError extends Error {}

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { alg: { type: 'string' }, value: { type: 'boolean' } },
  })
  const name = values.alg ?? 'ES256'
  const alg = ALGORITHMS.find((known) => known === name)
  if (!alg) throw new UsageError(`Unknown algorithm: ${name}\n${USAGE}`)
  // The day, and a random end: two keys with one name would be refused.
  const kid = `${new Date().toISOString().slice(0, 10)}-${crypto.randomUUID().slice(0, 8)}`
  if (positionals[0] === 'generate') return generate(await generateKey(alg, kid), values.value)
  if (positionals[0] === 'rotate' && !values.value) return rotate(await generateKey(alg, kid), currentKeys())
  throw new UsageError(USAGE)
}

function generate(key: SigningKey, isValueOnly = false): void {
  if (isValueOnly) console.log(JSON.stringify([key]))
  else
    step('A ring of one key, for a server that has none yet. To replace a key or a secret, use rotate.', [
      key,
    ])
}

/**
 * Prints three steps, because a deployment does not reach all machines at once: all must know the new key
 * before one of them signs with it, and the old key must stay until its last token has expired.
 */
function rotate(added: SigningKey, present: readonly SigningKey[]): void {
  step(`1. Every instance learns the new key ${added.kid}, and still signs with the old one:`, [
    ...present,
    added,
  ])
  step('2. Ten minutes later, when caches of our public keys have it too, the new key signs:', [
    added,
    ...present,
  ])
  step('3. After ACCESS_TOKEN_SECONDS, the old key goes, and whatever it signed is refused:', [added])
  console.log(`   and with it the secret, if tokens were signed with one:\n\n  ${DELETE}\n`)
}

function step(what: string, ring: readonly SigningKey[]): void {
  console.log(`${what}\n\n${JSON.stringify(ring)}\n\n  ${PUT}\n`)
}

function currentKeys(): SigningKey[] {
  // Trimmed, as the server does.
  const [keys, secret] = ['JWT_SIGNING_KEYS', 'JWT_SECRET'].map((name) => process.env[name]?.trim())
  // The server gives a key from the secret this name, so its tokens stay valid.
  if (secret && !keys) return [hs256Key(SECRET_KID, secret)]
  if (!keys) throw new UsageError(`Nothing to rotate: JWT_SIGNING_KEYS is not set\n${USAGE}`)
  let parsed: unknown
  try {
    parsed = JSON.parse(keys)
  } catch {
    throw new UsageError('JWT_SIGNING_KEYS is not JSON')
  }
  const ring = Array.isArray(parsed) ? parsed : [parsed]
  for (const [index, key] of ring.entries()) {
    const problem = keyProblem(key)
    if (problem) throw new UsageError(`JWT_SIGNING_KEYS [${index}] ${problem}`)
  }
  return ring as SigningKey[]
}

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

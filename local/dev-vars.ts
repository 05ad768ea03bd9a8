import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { appendFileSync, existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseEnv } from 'node:util'
import { VARIABLE_NAMES } from '../src/config/parse-config.ts'
import { pick, type SigningKey } from '../src/crypto/signing-key.ts'

const FILE = fileURLToPath(new URL('../.dev.vars', import.meta.url))

const HEAD = "# Local development only; never committed. Any variable of the README's table may stand here.\n"

/** Variables by name; what is absent has its default. */
export type Variables = Record<string, string>

/**
 * What nobody should have to think up. Tokens are signed with ES256, as in production: others verify them by
 * the public keys at `/.well-known/jwks.json`, which has none of a shared secret.
 */
const SECRETS: Record<string, () => string> = {
  JWT_SIGNING_KEYS: () => JSON.stringify([signingKey()]),
  AUTH_SECRETS: () => randomBytes(48).toString('base64url'),
}

/**
 * Every request of a developer comes from one address. The limits per account stay: frontends should meet
 * them.
 */
const GENEROUS: Variables = {
  LIMIT_SIGN_IN_ADDRESS: '10000/60',
  LIMIT_REGISTER_ADDRESS: '10000/60',
  LIMIT_FLOOD_ADDRESS: '10000/60',
}

/**
 * The configuration for development: `.dev.vars`, made with fresh secrets if it isn't there, and over it
 * whatever of the configuration the environment sets. A file of an earlier version gets what it lacks.
 */
export function readVariables(
  environment: NodeJS.ProcessEnv,
  path = FILE,
): { variables: Variables; created: boolean } {
  const created = !existsSync(path) && create(path)
  const file = readFile(path)
  // The secret of an earlier version stands in for signing keys.
  const needed = Object.keys(SECRETS).filter((name) => name !== 'JWT_SIGNING_KEYS' || !file['JWT_SECRET'])
  const secrets = needed.filter((name) => !(name in file)).map(fresh)
  const limits = Object.fromEntries(Object.entries(GENEROUS).filter(([name]) => !(name in file)))
  const missing = secrets.join('') + toLines(limits)
  // The last line of what somebody edited may lack its end.
  if (missing) appendFileSync(path, `\n${missing}`)
  const set = VARIABLE_NAMES.flatMap((name) => {
    const value = environment[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return { variables: { ...readFile(path), ...Object.fromEntries(set) }, created }
}

/** A variable as `npm run dev` would have it; nothing is made for it. */
export function readVariable(environment: NodeJS.ProcessEnv, name: string): string | undefined {
  return environment[name] ?? (existsSync(FILE) ? readFile(FILE)[name] : undefined)
}

function readFile(path: string): Variables {
  // Editors of Windows begin a file with a byte order mark, which would be part of the first name.
  const entries = Object.entries(parseEnv(readFileSync(path, 'utf8').replace(/^\ufeff/, '')))
  return Object.fromEntries(entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}

function toLines(variables: Variables): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

/** In quotes, as JSON has its own. */
function fresh(name: string): string {
  return `${name}='${SECRETS[name]?.()}'\n`
}

/**
 * As `generateKey` makes one, but at once: two instances that start together must not both write the file.
 */
function signingKey(): SigningKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = privateKey.export({ format: 'jwk' }) as SigningKey
  return pick(jwk, { alg: 'ES256', kid: `dev-${randomBytes(4).toString('hex')}` })
}

/** Appears whole or not at all: of two instances that start together, one makes it and both read the same. */
function create(path: string): boolean {
  const draft = `${path}.${process.pid}`
  // Readable by its owner alone, as it holds a secret.
  writeFileSync(draft, HEAD + Object.keys(SECRETS).map(fresh).join('') + toLines(GENEROUS), { mode: 0o600 })
  try {
    linkSync(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft)
  }
}

/**
 * Variables as a dotenv file that wrangler reads back unchanged: it expands `$` in values, quoted or not.
 */
export function toDotenv(variables: Variables): string {
  return Object.entries(variables)
    .map(([name, value]) => {
      const quote = ["'", '`', '"'].find((candidate) => !value.includes(candidate)) ?? "'"
      return `${name}=${quote}${value.replaceAll('$', '\\$')}${quote}\n`
    })
    .join('')
}

import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { appendFileSync, existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseEnv } from 'node:util'
import { VARIABLE_NAMES } from '../src/config/parse-config.ts'
import { pick, type SigningKey } from '../src/crypto/signing-key.ts'
import { findErrorCode } from './error-code.ts'

const FILE = fileURLToPath(new URL('../.dev.vars', import.meta.url))

const HEAD = "# Local development only; never committed. Any variable of the README's table may stand here.\n"

/** Values of variables by name. An absent one has its default. */
export type Variables = Record<string, string>

/**
 * Makes the secrets of a new file. Tokens are signed with ES256, as in production, so that other services can
 * verify them by the public keys at `/.well-known/jwks.json`; a shared secret has none.
 */
const SECRETS: Record<string, () => string> = {
  JWT_SIGNING_KEYS: () => JSON.stringify([makeSigningKey()]),
  AUTH_SECRETS: () => randomBytes(48).toString('base64url'),
}

/**
 * All requests of a developer come from one address. The limits per account stay as they are, so that a
 * frontend meets them in development; but three mails an hour would keep a developer from trying them.
 */
const GENEROUS: Variables = {
  LIMIT_SIGN_IN_ADDRESS: '10000/60',
  LIMIT_REGISTER_ADDRESS: '10000/60',
  LIMIT_MAIL_ADDRESS: '10000/60',
  LIMIT_MAIL_ACCOUNT: '100/60',
  LIMIT_FLOOD_ADDRESS: '10000/60',
}

/**
 * Reads the configuration for development: `.dev.vars`, overridden by the environment. A missing file is
 * created with new secrets, and a file of an earlier version gets the variables that it lacks.
 *
 * @returns the variables, and whether the file was created
 */
export function readVariables(
  environment: NodeJS.ProcessEnv,
  path = FILE,
): { variables: Variables; created: boolean } {
  const created = !existsSync(path) && create(path)
  const file = readFile(path)
  // A file of an earlier version has a secret instead of signing keys.
  const needed = Object.keys(SECRETS).filter((name) => name !== 'JWT_SIGNING_KEYS' || !file['JWT_SECRET'])
  const secrets = needed.filter((name) => !(name in file)).map(newSecretLine)
  const limits = Object.fromEntries(Object.entries(GENEROUS).filter(([name]) => !(name in file)))
  const missing = secrets.join('') + toLines(limits)
  // The last line of an edited file may lack its newline.
  if (missing) appendFileSync(path, `\n${missing}`)
  const set = VARIABLE_NAMES.flatMap((name) => {
    const value = environment[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return { variables: { ...readFile(path), ...Object.fromEntries(set) }, created }
}

/** Reads a variable from the environment, or else from `.dev.vars`. It never creates the file. */
export function readVariable(environment: NodeJS.ProcessEnv, name: string): string | undefined {
  return environment[name] ?? (existsSync(FILE) ? readFile(FILE)[name] : undefined)
}

function readFile(path: string): Variables {
  // Windows editors begin a file with a byte order mark, which would become part of the first name.
  const entries = Object.entries(parseEnv(readFileSync(path, 'utf8').replace(/^\ufeff/, '')))
  return Object.fromEntries(entries.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])))
}

function toLines(variables: Variables): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

/** A line with a new secret, in single quotes, since JSON contains double ones. */
function newSecretLine(name: string): string {
  return `${name}='${SECRETS[name]?.()}'\n`
}

/**
 * Like `generateKey`, but synchronous, so that little time passes between reading the file and writing it:
 * two instances that start together must not both write it.
 */
function makeSigningKey(): SigningKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const jwk = privateKey.export({ format: 'jwk' }) as SigningKey
  return pick(jwk, { alg: 'ES256', kid: `dev-${randomBytes(4).toString('hex')}` })
}

/** Creates the file in one step: of two instances that start together, one does, and both read the same. */
function create(path: string): boolean {
  const draft = `${path}.${process.pid}`
  // Readable by its owner alone, since it contains secrets.
  const secrets = Object.keys(SECRETS).map(newSecretLine).join('')
  writeFileSync(draft, HEAD + secrets + toLines(GENEROUS), { mode: 0o600 })
  try {
    linkSync(draft, path)
    return true
  } catch (error) {
    if (findErrorCode(error) === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft)
  }
}

/**
 * Writes variables as a dotenv file that wrangler reads back unchanged: it expands `$` in values, quoted or
 * not.
 */
export function toDotenv(variables: Variables): string {
  return Object.entries(variables)
    .map(([name, value]) => {
      const quote = ["'", '`', '"'].find((candidate) => !value.includes(candidate)) ?? "'"
      return `${name}=${quote}${value.replaceAll('$', '\\$')}${quote}\n`
    })
    .join('')
}

import { randomBytes } from 'node:crypto'
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseEnv } from 'node:util'
import { VARIABLE_NAMES } from '../src/config.ts'

const FILE = fileURLToPath(new URL('../.dev.vars', import.meta.url))

const FRESH =
  () => `# Local development only; never committed. Any variable of the README's table may stand here.
JWT_SECRET=${randomBytes(48).toString('base64url')}
`

/** Variables by name; what is absent has its default. */
export type Variables = Record<string, string>

/**
 * The configuration for development: `.dev.vars`, made with fresh secrets if it isn't there, and over it
 * whatever of the configuration the environment sets.
 */
export function readVariables(environment: NodeJS.ProcessEnv): { variables: Variables; created: boolean } {
  const created = !existsSync(FILE) && create()
  const variables: Variables = {}
  for (const [name, value] of Object.entries(parseEnv(readFileSync(FILE, 'utf8')))) {
    if (value !== undefined) variables[name] = value
  }
  for (const name of VARIABLE_NAMES) {
    const value = environment[name]
    if (value !== undefined) variables[name] = value
  }
  return { variables, created }
}

/** Appears whole or not at all: of two instances that start together, one makes it and both read the same. */
function create(): boolean {
  const draft = `${FILE}.${process.pid}`
  // Readable by its owner alone, as it holds a secret.
  writeFileSync(draft, FRESH(), { mode: 0o600 })
  try {
    linkSync(draft, FILE)
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

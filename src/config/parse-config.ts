import type * as z from 'zod/mini'
import { isUsable } from '../crypto/signing-key.ts'
import type { Variable } from '../features/feature.ts'
import { VARIABLES, type VariableName } from '../features.ts'
import { type CamelCase, camelCase } from './camel-case.ts'
import { crossProblems } from './cross-rules.ts'
import { type Derived, derive } from './derived.ts'
import { meantInEnvironment, meantName } from './misspelt.ts'

/** The names of all variables, in the order of the README's table. */
export const VARIABLE_NAMES = Object.keys(VARIABLES) as VariableName[]

/** The values of all variables by name; `undefined` for one that is optional and not set. */
type Values = { [Name in VariableName]: ValueOf<(typeof VARIABLES)[Name]> }

type ValueOf<V extends Variable> = z.output<V['rule']> | (V extends { otherwise: string } ? undefined : never)

/** Variables that have no field of their own in `Config`: they are part of fields of `Derived`. */
type Source = 'JWT_SECRET' | 'JWT_SIGNING_KEYS' | 'JWT_AUDIENCE' | 'COOKIE_SAME_SITE' | 'COOKIE_PARTITIONED'

/** The variables' values in camel case; `null` for one that is optional and not set. */
type Own = {
  readonly [Name in Exclude<VariableName, Source> as CamelCase<Name>]: OrNull<Values[Name]>
}

type OrNull<Value> = undefined extends Value ? Exclude<Value, undefined> | null : Value

/**
 * `config.accessTokenSeconds` is the value of `ACCESS_TOKEN_SECONDS`, and so on; and the few that are
 * derived.
 */
export type Config = Omit<Own, keyof Derived> & Readonly<Derived>

/** All problems of a configuration, a string each. Values are never quoted. */
export class ConfigError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`The configuration is not valid:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/**
 * Picks our variables from an environment, which all programs share; and the names that are one edit away
 * from one of them, which `parseConfig` refuses.
 */
export function pickVariables(environment: Readonly<Record<string, string | undefined>>) {
  const entries = Object.entries(environment)
  return Object.fromEntries(
    entries.filter(([name]) => Object.hasOwn(VARIABLES, name) || meantInEnvironment(name, VARIABLE_NAMES)),
  )
}

/**
 * Reads the configuration from Worker bindings or environment variables. An empty variable counts as absent.
 * White space and a byte order mark around a value are cut off: a file that is piped into `wrangler secret
 * put` ends with a line break, and with it the key would differ from the one that everybody else computes
 * from that file.
 *
 * @param source the bindings. A misspelt name of ours is refused, since its default would silently stay in
 *   force; other strings, and bindings that are no strings, belong to other programs and are ignored.
 * @throws ConfigError that names every variable that is wrong, and why
 */
export function parseConfig(source: Readonly<Record<string, unknown>>): Config {
  const problems: string[] = []
  for (const [name, value] of Object.entries(source)) {
    const meant = typeof value === 'string' ? meantName(name, VARIABLE_NAMES) : null
    if (meant) problems.push(`${name} is not a variable of this server; is ${meant} meant?`)
  }
  const values: Record<string, unknown> = {}
  for (const name of VARIABLE_NAMES) {
    const read = readVariable(VARIABLES[name], trimmed(source[name]))
    if ('problem' in read) problems.push(`${name} ${read.problem}`)
    else values[name] = read.value
  }
  problems.push(...crossProblems(values, (name) => trimmed(source[name]) !== undefined))
  if (problems.length > 0) throw new ConfigError(problems)
  return toConfig(values as Values)
}

/**
 * The rest of the check, which takes cryptography: each signing key is used once.
 *
 * @throws ConfigError that names the keys whose parts do not belong together
 */
export async function assertUsableKeys({ signingKeys }: Pick<Config, 'signingKeys'>): Promise<void> {
  const usable = await Promise.all(signingKeys.map(isUsable))
  const broken = signingKeys.filter((_, index) => !usable[index])
  if (broken.length === 0) return
  throw new ConfigError(
    broken.map(
      ({ kid }) =>
        `JWT_SIGNING_KEYS: the private and public parts of ${JSON.stringify(kid)} do not belong together`,
    ),
  )
}

function trimmed(value: unknown): unknown {
  return typeof value === 'string' ? value.trim() || undefined : value
}

function readVariable(variable: Variable, given: unknown): { value: unknown } | { problem: string } {
  const value = given === undefined && 'default' in variable ? variable.default : given
  if (value === undefined) return 'required' in variable ? { problem: 'is missing' } : { value }
  if (typeof value !== 'string') return { problem: 'must be a string: put its value in quotes' }
  const result = variable.rule.safeParse(value)
  return result.success ? { value: result.data } : { problem: messages(result.error) }
}

function messages(error: z.core.$ZodError): string {
  return error.issues
    .map(({ path, message }) => (path.length > 0 ? `[${path.join('.')}] ${message}` : message))
    .join('; ')
}

function toConfig(values: Values): Config {
  const { JWT_SECRET, JWT_SIGNING_KEYS, JWT_AUDIENCE, COOKIE_SAME_SITE, COOKIE_PARTITIONED, ...own } = values
  const entries = Object.entries(own).map(([name, value]) => [camelCase(name), value ?? null])
  return { ...(Object.fromEntries(entries) as Own), ...derive(values) }
}

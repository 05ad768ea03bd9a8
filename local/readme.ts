import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Variable } from '../src/features/feature.ts'
import { VARIABLES } from '../src/features.ts'

const FILE = fileURLToPath(new URL('../README.md', import.meta.url))

/** `npm run readme` replaces all that is between the two comments. */
const TABLE = /(?<=<!-- variables -->\n)[\s\S]*?(?=<!-- \/variables -->)/

/** The README's table of the configuration. */
function buildTable(): string {
  const rows = Object.entries(VARIABLES).map(([name, variable]) => row(name, variable))
  return ['', '| variable | unit | default | why |', '| --- | --- | --- | --- |', ...rows, '', ''].join('\n')
}

function row(name: string, variable: Variable): string {
  const { unit, reason, secret } = variable
  return `| \`${name}\` | ${unit} | ${defaultOf(variable)} | ${reason}${secret ? '; secret' : ''} |`
}

function defaultOf(variable: Variable): string {
  if ('default' in variable) return `\`${variable.default}\``
  return 'required' in variable ? 'required' : variable.otherwise
}

/**
 * Replaces the table of variables in the README.
 *
 * @param readme the README as it is
 * @returns the README with the table of the current variables; the same string if nothing has changed
 * @throws Error if the comments around the table are missing
 */
export function readmeText(readme: string): string {
  if (!TABLE.test(readme)) throw new Error('README.md lacks <!-- variables --> and <!-- /variables -->')
  return readme.replace(TABLE, () => buildTable())
}

if (import.meta.main) writeFileSync(FILE, readmeText(readFileSync(FILE, 'utf8')))

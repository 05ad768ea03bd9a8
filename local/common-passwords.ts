import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fold } from '../src/passwords/fold.ts'

// `node local/common-passwords.ts <package>` writes the list of common passwords, from the unpacked npm
// package that docs/decisions/007-password-rules.md names. The package is not a dependency: its list is
// needed once, and a change of the list should be reviewed as a change of the file.

const ENTRIES = 10_000
/** Shorter ones are refused for their length anyway. */
const MIN_CODE_POINTS = 8

const source = join(process.argv[2] ?? '', 'src/passwords.json')
const byRank = JSON.parse(readFileSync(source, 'utf8')) as string[]
const list = [...new Set(byRank.map(fold))].filter((password) => [...password].length >= MIN_CODE_POINTS)
const file = fileURLToPath(new URL('../assets/common-passwords.txt', import.meta.url))
writeFileSync(file, `${list.slice(0, ENTRIES).join('\n')}\n`)

/**
 * What a migration may do to indexes. Made or dropped in a transaction, an index keeps everybody from writing
 * to its table, or from reading it, for as long as that takes; and behind somebody who only reads, for as
 * long as that takes.
 * @module
 */

type IndexStep = { act: 'create' | 'drop'; index: string; isRepeatable: boolean }

const NAME = String.raw`((?:"[^"]+"|[\w$]+)(?:\.(?:"[^"]+"|[\w$]+))?)`
const CREATE = new RegExp(
  String.raw`^create\s+(?:unique\s+)?index\s+concurrently\s+(if\s+not\s+exists\s+)?${NAME}`,
  'i',
)
const DROP = new RegExp(String.raw`^drop\s+index\s+concurrently\s+(if\s+exists\s+)?${NAME}`, 'i')

const withoutSchema = (name: string) => name.replace(/^[^.]+\./, '')
const withoutComments = (sql: string) => sql.replace(/\/\*[\s\S]*?\*\/|--.*$/gm, '').trim()

/**
 * What a statement does to an index, if it does so concurrently, and so outside of a transaction; else
 * `null`.
 */
export function indexStep(statement: string): IndexStep | null {
  const sql = withoutComments(statement)
  for (const [act, pattern] of [
    ['create', CREATE],
    ['drop', DROP],
  ] as const) {
    const found = pattern.exec(sql)
    if (found) return { act, index: withoutSchema(found[2] ?? ''), isRepeatable: Boolean(found[1]) }
  }
  return null
}

/**
 * @param sql the whole file
 * @returns what is wrong with a new migration, a sentence each
 */
export function indexProblems(sql: string): string[] {
  const statements = sql.split('--> statement-breakpoint').map(withoutComments).filter(Boolean)
  const steps = statements.map(indexStep)
  if (steps.every((step) => step === null))
    return statements.flatMap((text) => lockingIndex(text, statements))
  const others = steps.includes(null)
    ? ['What is done to indexes concurrently stands in a file of its own: it can be in no transaction']
    : []
  const once = steps.filter((step) => step !== null && !step.isRepeatable)
  return [
    ...others,
    ...once.map((step) => `${step?.index}: with IF [NOT] EXISTS, as a step can be taken twice`),
  ]
}

/** Of a table that the same file creates, an index is made in no time. */
function lockingIndex(sql: string, file: string[]): string[] {
  const created = new RegExp(
    String.raw`^create\s+(?:unique\s+)?index\s.*?\son\s+(?:only\s+)?${NAME}`,
    'is',
  ).exec(sql)
  const constraint = new RegExp(
    String.raw`^alter\s+table\s+(?:only\s+)?${NAME}\s.*?add\s+(?:constraint\s+\S+\s+)?(?:unique|primary\s+key|exclude)\b(?!\s+using\s+index)`,
    'is',
  ).exec(sql)
  const table = withoutSchema((created ?? constraint)?.[1] ?? '')
  if (table && !file.some((text) => isCreationOf(table, text))) {
    return [`An index of ${table} is made CONCURRENTLY, in a file of its own`]
  }
  return /^drop\s+index\b/i.test(sql) ? ['An index is dropped CONCURRENTLY, in a file of its own'] : []
}

function isCreationOf(table: string, sql: string): boolean {
  const found = new RegExp(String.raw`^create\s+table\s+(?:if\s+not\s+exists\s+)?${NAME}`, 'i').exec(sql)
  return withoutSchema(found?.[1] ?? '') === table
}

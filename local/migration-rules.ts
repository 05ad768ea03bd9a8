/**
 * Rules for indexes in migrations. In a transaction, creating an index blocks writes to its table, and
 * dropping one blocks reads as well: for as long as the statement runs, and while it waits for a transaction
 * that only reads.
 * @module
 */

type IndexStep = { act: 'create' | 'drop'; index: string; isRepeatable: boolean }

const NAME = String.raw`((?:"[^"]+"|[\w$]+)(?:\.(?:"[^"]+"|[\w$]+))?)`
const CREATE = new RegExp(
  String.raw`^create\s+(?:unique\s+)?index\s+concurrently\s+(if\s+not\s+exists\s+)?${NAME}`,
  'i',
)
const DROP = new RegExp(String.raw`^drop\s+index\s+concurrently\s+(if\s+exists\s+)?${NAME}`, 'i')

/** An index in a transaction, and constraints that create one. The first group is the table. */
const CREATE_LOCKING = new RegExp(
  String.raw`^create\s+(?:unique\s+)?index\s.*?\son\s+(?:only\s+)?${NAME}`,
  'is',
)
const ADD_CONSTRAINT = new RegExp(
  String.raw`^alter\s+table\s+(?:only\s+)?${NAME}\s.*?add\s+(?:constraint\s+\S+\s+)?` +
    String.raw`(?:unique|primary\s+key|exclude)\b(?!\s+using\s+index)`,
  'is',
)

const withoutSchema = (name: string) => name.replace(/^[^.]+\./, '')
const withoutComments = (sql: string) => sql.replace(/\/\*[\s\S]*?\*\/|--.*$/gm, '').trim()

/** Parses a statement that creates or drops an index concurrently; `null` for any other statement. */
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
 * Checks what a new migration does to indexes.
 *
 * @param sql the whole file
 * @returns the problems, a sentence each
 */
export function indexProblems(sql: string): string[] {
  const statements = sql.split('--> statement-breakpoint').map(withoutComments).filter(Boolean)
  const steps = statements.map(indexStep)
  if (steps.every((step) => step === null))
    return statements.flatMap((text) => findLockingIndex(text, statements))
  const others = steps.includes(null)
    ? ['What is done to indexes concurrently stands in a file of its own: it can be in no transaction']
    : []
  const once = steps.filter((step) => step !== null && !step.isRepeatable)
  return [
    ...others,
    ...once.map((step) => `${step?.index}: with IF [NOT] EXISTS, as a step can be taken twice`),
  ]
}

/**
 * The problem of a statement that creates or drops an index in a transaction. On a table that the same file
 * creates, that is fine: the table is empty.
 */
function findLockingIndex(sql: string, file: string[]): string[] {
  const found = CREATE_LOCKING.exec(sql) ?? ADD_CONSTRAINT.exec(sql)
  const table = withoutSchema(found?.[1] ?? '')
  if (table && !file.some((text) => isCreationOf(table, text))) {
    return [`An index of ${table} is made CONCURRENTLY, in a file of its own`]
  }
  return /^drop\s+index\b/i.test(sql) ? ['An index is dropped CONCURRENTLY, in a file of its own'] : []
}

function isCreationOf(table: string, sql: string): boolean {
  const found = new RegExp(String.raw`^create\s+table\s+(?:if\s+not\s+exists\s+)?${NAME}`, 'i').exec(sql)
  return withoutSchema(found?.[1] ?? '') === table
}

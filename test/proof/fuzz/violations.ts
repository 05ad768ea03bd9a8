import fc from 'fast-check'
import { IS_LONG, SEED } from '../report.ts'

/** What one case showed; `about` names what was asked, `text` how. */
export type Shown = { about: string; problems: string[]; text: string }

/** So many different violations are looked for: each can hide others. */
const MOST_VIOLATIONS = 6

/**
 * Then no more cases are tried. Answers that never come are slow to shrink; on a busy machine there are fewer
 * cases, and the report says how many.
 */
const MOST_MILLISECONDS = IS_LONG ? 300_000 : 120_000

/**
 * Tries cases until one shows a problem, shrinks it, and goes on without problems of that kind.
 *
 * @param attempt sends a case; `null` if it can't be sent
 * @returns a text for each kind of violation, with its smallest case and how to repeat it
 */
export async function findViolations<T>(
  cases: fc.Arbitrary<T>,
  { numRuns }: { numRuns: number },
  attempt: (one: T) => Promise<Shown | null>,
): Promise<string[]> {
  const texts: string[] = []
  const end = performance.now() + MOST_MILLISECONDS
  const known = new Set<string>()
  let smallest: Shown | undefined
  do {
    smallest = undefined
    const property = fc.asyncProperty(cases, async (one) => {
      const shown = await attempt(one)
      const kind = kindsOf(shown).find((one) => !known.has(one))
      if (!shown || kind === undefined) return
      // The last one that fails is the smallest.
      smallest = shown
      throw new Error(kind)
    })
    const { errorInstance } = await fc.check(property, {
      seed: SEED,
      numRuns,
      interruptAfterTimeLimit: Math.max(end - performance.now(), 1000),
    })
    // Not a violation: a fault of the fuzzer itself.
    if (errorInstance && !smallest) throw errorInstance
    for (const kind of kindsOf(smallest)) known.add(kind)
    if (smallest) texts.push(textOf(smallest))
  } while (smallest && texts.length < MOST_VIOLATIONS)
  return texts
}

const kindsOf = (shown: Shown | null | undefined) =>
  shown?.problems.map((problem) => `${shown.about}: ${problem}`) ?? []

const textOf = (shown: Shown) =>
  [...kindsOf(shown), shown.text, `repeat: npm run prove -- --seed ${SEED}`].join('\n')

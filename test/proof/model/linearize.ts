/** Values whose members are in one order, so that equal ones have equal text. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
}

/** What an operation remembers between its steps. It is copied with the state. */
export type Local = Record<string, unknown>

/** One round trip of an operation, on a copy of the state. It returns the response if it is the last one. */
export type Step<S, R> = (state: S, local: Local) => R | undefined

/** An operation that ran: between `begin` and `end` each of its steps took effect at one moment. */
export type Ran<S, R> = {
  client: string
  name: string
  begin: number
  end: number
  response: R
  steps: readonly Step<S, R>[]
}

export type Verdict = { isLinearizable: true } | { isLinearizable: false; report: string }

type Options<R> = { show?: (response: R) => string; maxNodes?: number }

/** Position and memory of each operation: how many steps were taken, and whether the last one answered. */
type Progress = { taken: number; isDone: boolean; local: Local }
type Node<S> = { state: S; progress: Progress[]; path: string[] }

/**
 * Searches an order of all steps in which every response is the one that the model gives: each operation's
 * steps in their order and within its interval. Depth first; a node that failed once is not searched again.
 *
 * @returns if there is none, a report: the history, the longest prefix that has an order, and what fits
 *   nowhere after it
 */
export function linearize<S, R>(
  initial: S,
  history: readonly Ran<S, R>[],
  { show = canonical, maxNodes = 200_000 }: Options<R> = {},
): Verdict {
  const search = new Search(history, show, maxNodes)
  const progress = history.map(() => ({ taken: 0, isDone: false, local: {} }))
  if (search.visit({ state: initial, progress, path: [] })) return { isLinearizable: true }
  return { isLinearizable: false, report: search.report() }
}

class Search<S, R> {
  readonly history: readonly Ran<S, R>[]
  readonly show: (response: R) => string
  readonly maxNodes: number
  /** Which operations have ended before each one begins. */
  readonly before: number[][]
  /** First those that ended first: mostly they took effect first, too. */
  readonly byEnd: number[]
  readonly failed = new Set<string>()
  nodes = 0
  best: { done: number; path: string[]; misfits: string[] } = { done: -1, path: [], misfits: [] }

  constructor(history: readonly Ran<S, R>[], show: (response: R) => string, maxNodes: number) {
    this.history = history
    this.show = show
    this.maxNodes = maxNodes
    this.before = history.map(({ begin }) => [...history.keys()].filter((other) => this.endOf(other) < begin))
    this.byEnd = [...history.keys()].sort((a, b) => this.endOf(a) - this.endOf(b))
  }

  endOf(index: number): number {
    return this.history[index]?.end ?? 0
  }

  visit(node: Node<S>): boolean {
    if (node.progress.every(({ isDone }) => isDone)) return true
    const key = canonical([node.state, node.progress])
    if (this.failed.has(key)) return false
    if (++this.nodes > this.maxNodes) throw new Error(`No verdict after ${this.maxNodes} nodes`)
    const misfits: string[] = []
    for (const index of this.byEnd) {
      if (!this.mayStep(node, index)) continue
      const next = this.take(node, index)
      if (typeof next === 'string') misfits.push(next)
      else if (this.visit(next)) return true
    }
    this.failed.add(key)
    this.remember(node, misfits)
    return false
  }

  mayStep({ progress }: Node<S>, index: number): boolean {
    if (progress[index]?.isDone) return false
    return (this.before[index] ?? []).every((other) => progress[other]?.isDone)
  }

  /** The next node; or, if the step answers what the operation did not, how the two differ. */
  take({ state, progress, path }: Node<S>, index: number): Node<S> | string {
    const { client, name, response, steps } = this.history[index] as Ran<S, R>
    const { taken, local } = structuredClone(progress[index] as Progress)
    const next = structuredClone(state)
    const step = steps[taken]
    if (!step) throw new Error(`${name} has no step that answers`)
    const expected = step(next, local)
    const isDone = expected !== undefined
    const label = `${client}: ${name}${steps.length > 1 ? `, step ${taken + 1}` : ''}`
    if (isDone && this.show(expected) !== this.show(response)) {
      return `${label}\n      the model:  ${this.show(expected)}\n      the answer: ${this.show(response)}`
    }
    const others = progress.with(index, { taken: taken + 1, isDone, local })
    return { state: next, progress: others, path: [...path, label] }
  }

  remember({ progress, path }: Node<S>, misfits: string[]): void {
    const done = progress.filter(({ isDone }) => isDone).length
    if (misfits.length > 0 && done > this.best.done) this.best = { done, path, misfits }
  }

  report(): string {
    const origin = Math.min(...this.history.map(({ begin }) => begin))
    const lines = this.history
      .toSorted((a, b) => a.begin - b.begin)
      .map(({ client, name, begin, end, response }) => {
        const interval = `${(begin - origin).toFixed(2)}–${(end - origin).toFixed(2)}`
        return `  ${interval}  ${client}: ${name} → ${this.show(response)}`
      })
    const { path, misfits } = this.best
    return [
      'No order of these operations gives these responses:',
      ...lines,
      'The longest prefix that has an order:',
      ...path.map((step) => `  ${step}`),
      'What fits nowhere after it:',
      ...misfits.map((misfit) => `  ${misfit}`),
    ].join('\n')
  }
}

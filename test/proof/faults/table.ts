type Outcome = { flow: string; fault: string | null; at: number; error: unknown }

/**
 * The outcomes as a table in Markdown, a row for each flow and a column for each fault. A cell says at how many
 * requests the fault was tried, or at which of them something did not hold.
 */
export function tableOf(
  outcomes: readonly Outcome[],
  flows: readonly string[],
  faults: readonly string[],
): string {
  const cell = (flow: string, fault: string) => {
    const tried = outcomes.filter((outcome) => outcome.flow === flow && outcome.fault === fault)
    const failed = tried.filter(({ error }) => error).map(({ at }) => at)
    if (failed.length > 0) return `FAILED at ${failed.join()}`
    return tried.length === 0 ? '–' : String(tried.length)
  }
  const width = Math.max(...flows.map((flow) => flow.length))
  const row = (name: string, cells: string[]) => `| ${name.padEnd(width)} | ${cells.join(' | ')} |`
  const legend = faults.map((fault, index) => `${letterOf(index)} ${fault}`).join(', ')
  const head = row(
    'flow',
    faults.map((_, index) => letterOf(index)),
  )
  const line = row(
    '---',
    faults.map(() => '--:'),
  )
  return [
    legend,
    '',
    head,
    line,
    ...flows.map((flow) =>
      row(
        flow,
        faults.map((fault) => cell(flow, fault)),
      ),
    ),
  ].join('\n')
}

const letterOf = (index: number) => String.fromCharCode(97 + index)

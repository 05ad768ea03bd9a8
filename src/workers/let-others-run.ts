/** Of Workers; neither a web standard nor there under Node. */
type Scheduler = { wait(milliseconds: number): Promise<void> }

/**
 * Ends the turn of this task: requests, answers and timers that are due go first. Only on Workers. It costs about a
 * fifth of a millisecond, where `setTimeout` takes a whole one.
 *
 * @see https://developers.cloudflare.com/workers/runtime-apis/scheduler/
 */
export async function letOthersRun(): Promise<void> {
  const { scheduler } = globalThis as unknown as { scheduler: Scheduler }
  await scheduler.wait(0)
}

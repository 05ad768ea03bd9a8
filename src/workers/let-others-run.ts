/** A global of Workers, in no web standard and not under Node. */
type Scheduler = { wait(milliseconds: number): Promise<void> }

/**
 * Yields, so that requests, answers and timers that are due run first. Only on Workers. It costs about 0.2
 * ms; `setTimeout` takes a whole millisecond.
 *
 * @see https://developers.cloudflare.com/workers/runtime-apis/scheduler/
 */
export async function letOthersRun(): Promise<void> {
  const { scheduler } = globalThis as unknown as { scheduler: Scheduler }
  await scheduler.wait(0)
}

/** The work that requests leave behind: it goes on after their responses, and stopping waits for it. */
export type Background = ReturnType<typeof createBackground>

/** Under Node, what `ExecutionContext` is on Workers. */
export function createBackground() {
  const running = new Set<Promise<unknown>>()
  return {
    execution: {
      waitUntil(work: Promise<unknown>): void {
        // It logs its own failures; one that escapes must not end the process.
        const settled = work.catch(() => {}).finally(() => running.delete(settled))
        running.add(settled)
      },
      passThroughOnException(): void {},
      props: {},
    },
    /** Resolves when nothing is running. */
    async idle(): Promise<void> {
      while (running.size > 0) await Promise.all(running)
    },
  }
}

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A client in its own process, so that another client's work does not delay its measurements. */
export type ClientProcess<Jobs extends object> = {
  ask<Name extends keyof Jobs & string>(name: Name, input: InputOf<Jobs[Name]>): Promise<OutputOf<Jobs[Name]>>
  stop(): Promise<void>
}
type InputOf<Job> = Job extends (input: infer Input) => unknown ? Input : never
type OutputOf<Job> = Job extends (input: never) => Promise<infer Output> ? Output : never
type Reply = { output: unknown } | { error: string }

/** Starts a file of this folder that calls {@link serveJobs}. It accepts one job at a time. */
export function startClient<Jobs extends object>(file: string): ClientProcess<Jobs> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)))
  const exited = once(child, 'exit')
  return {
    async ask(name, input) {
      const ended = exited.then((): never => {
        throw new Error(`${file} ended during "${name}"`)
      })
      child.send({ name, input })
      const [reply] = (await Promise.race([once(child, 'message'), ended])) as [Reply]
      ended.catch(() => {})
      if ('error' in reply) throw new Error(`${file}, ${name}: ${reply.error}`)
      return reply.output as never
    },
    async stop() {
      if (child.connected) child.disconnect()
      await exited
    },
  }
}

/** Runs in the client's process: does the parent's jobs, and exits when the parent does. */
export function serveJobs<Jobs extends { [Name in keyof Jobs]: (input: never) => Promise<unknown> }>(
  jobs: Jobs,
): void {
  process.on('disconnect', () => process.exit(0))
  process.on('message', ({ name, input }: { name: keyof Jobs; input: never }) => {
    jobs[name](input).then(
      (output) => process.send?.({ output }),
      (error: unknown) => process.send?.({ error: error instanceof Error ? error.message : String(error) }),
    )
  })
}

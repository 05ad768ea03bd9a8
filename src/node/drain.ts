import { Server } from 'node:net'
import type { AppDeps } from '../deps.ts'
import type { AppServer } from './serve.ts'

/** For so long an idle connection may still bring a request: a proxy may have sent it before it heard of the end. */
const QUIET_MILLISECONDS = 1000

/** Docker kills ten seconds after SIGTERM; a statement takes three at most. */
const DEADLINE_MILLISECONDS = 8000

/**
 * Ends the process without losing a request, at SIGTERM or SIGINT: no new connections, every answer is the last of its
 * connection, what runs ends, and what has not ended at the deadline is cut. A second signal ends it at once.
 */
export function drainOnSignal(
  { server, connections, drain }: AppServer,
  { log }: Pick<AppDeps, 'log'>,
): void {
  const end = (cut: number) => {
    log({ event: 'stopped', cut })
    process.exit(0)
  }
  const begin = (signal: string) => {
    for (const name of SIGNALS) process.removeListener(name, begin)
    log({ event: 'stopping', signal })
    drain()
    // HTTP's own `close` would cut idle connections at once and stop looking at the time limits. And it comes after one
    // more round of accepting, since the system resets what it has taken and we have not.
    setImmediate(() => Server.prototype.close.call(server, () => end(0)))
    // Ctrl-C is a developer's, who has no proxy.
    setTimeout(connections.closeIdle, signal === 'SIGTERM' ? QUIET_MILLISECONDS : 0)
    setTimeout(() => end(connections.closeAll()), DEADLINE_MILLISECONDS)
  }
  for (const signal of SIGNALS) process.on(signal, begin)
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

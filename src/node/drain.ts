import { Server } from 'node:net'
import type { AppDeps } from '../deps.ts'
import type { AppServer } from './serve.ts'

/**
 * How long an idle connection stays open: a proxy may have sent a request on it before it learns that we
 * stop.
 */
const QUIET_MILLISECONDS = 1000

/** Docker kills ten seconds after SIGTERM; a statement takes at most three. */
const DEADLINE_MILLISECONDS = 8000

/**
 * Ends the process on SIGTERM or SIGINT without losing a request: it accepts no new connections, makes every
 * answer the last of its connection, waits for running requests, and cuts what is left at the deadline. A
 * second signal ends it at once.
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
    // `http.Server.close` would cut idle connections at once and stop checking the timeouts. `setImmediate`
    // lets Node accept once more: connections that only the kernel has accepted would be reset.
    setImmediate(() => Server.prototype.close.call(server, () => end(0)))
    // Ctrl-C comes from a developer, who has no proxy.
    setTimeout(connections.closeIdle, signal === 'SIGTERM' ? QUIET_MILLISECONDS : 0)
    setTimeout(() => end(connections.closeAll()), DEADLINE_MILLISECONDS)
  }
  for (const signal of SIGNALS) process.on(signal, begin)
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

import { Server } from 'node:net'
import type { AppDeps } from '../deps.ts'
import type { Background } from './background.ts'
import type { AppServer } from './serve.ts'

/**
 * How long an idle connection stays open: a proxy may have sent a request on it before it learns that we
 * stop. Not a whole number of seconds: HAProxy retries a refused connection every second, and would find
 * these the moment that they close.
 */
const QUIET_MILLISECONDS = 1500

/** Docker kills ten seconds after SIGTERM; a statement takes at most three. */
const DEADLINE_MILLISECONDS = 8000

/**
 * Ends the process on SIGTERM or SIGINT without losing a request: it accepts no new connections, makes every
 * answer the last of its connection, waits for running requests and for mails that are being sent, and cuts
 * what is left at the deadline. A second signal ends it at once.
 */
export function drainOnSignal(
  { server, connections, drain }: AppServer,
  { log, background }: Pick<AppDeps, 'log'> & { background: Pick<Background, 'idle'> },
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
    setImmediate(() => Server.prototype.close.call(server, () => void background.idle().then(() => end(0))))
    // Ctrl-C comes from a developer, who has no proxy.
    const quiet = signal === 'SIGTERM' ? QUIET_MILLISECONDS : 0
    // After the poll that follows: closing a socket with a request that nobody has read resets it.
    setTimeout(() => setImmediate(connections.closeIdle), quiet)
    setTimeout(() => end(connections.closeAll()), DEADLINE_MILLISECONDS)
  }
  for (const signal of SIGNALS) process.on(signal, begin)
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

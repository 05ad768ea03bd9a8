import { Server } from 'node:net'
import type { AppDeps } from '../deps.ts'
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
    // `http.Server.close` would cut idle connections at once and stop checking the timeouts.
    afterQuickPoll(() => Server.prototype.close.call(server, () => end(0)))
    // Ctrl-C comes from a developer, who has no proxy.
    const quiet = signal === 'SIGTERM' ? QUIET_MILLISECONDS : 0
    setTimeout(() => afterQuickPoll(connections.closeIdle), quiet)
    setTimeout(() => end(connections.closeAll()), DEADLINE_MILLISECONDS)
  }
  for (const signal of SIGNALS) process.on(signal, begin)
}

/** Longer than accepting what waits takes, and far shorter than the handlers of a few requests. */
const QUICK_MILLISECONDS = 2
const MAX_POLLS = 200

/**
 * Closes something right after Node has read its sockets and accepted what the kernel had accepted: closing
 * resets the rest, and with it the requests of clients that could not know. In a poll that took long, because
 * it ran handlers or the process had to wait for a core, more may have arrived since; then it polls again.
 */
function afterQuickPoll(close: () => void, polls = 1): void {
  setTimeout(() => {
    const began = performance.now()
    setImmediate(() => {
      const isQuick = performance.now() - began < QUICK_MILLISECONDS
      if (isQuick || polls >= MAX_POLLS) close()
      else afterQuickPoll(close, polls + 1)
    })
  })
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

import { createApp, jobs } from './app.ts'
import { ConfigError } from './config/parse-config.ts'
import { startServer } from './node/start-server.ts'

/**
 * Prints mistakes of the operator, such as a wrong variable or a port in use, in one line; all others with a
 * stack.
 */
function fail(error: unknown): void {
  const isKnown = error instanceof ConfigError || (error instanceof Error && 'code' in error)
  console.error(isKnown ? error.message : error)
  process.exitCode = 1
}

/** Entry under Node: the environment holds the configuration, `assets/` the static files. */
startServer({ createApp, jobs }, { environment: process.env, onError: fail }).catch(fail)

import { createApp, jobs } from './app.ts'
import { ConfigError } from './config/parse-config.ts'
import { startServer } from './node/start-server.ts'

/**
 * Prints an operator's mistake, such as a wrong variable or a port in use, in one line, and any other error
 * with its stack.
 */
function fail(error: unknown): void {
  const isKnown = error instanceof ConfigError || (error instanceof Error && 'code' in error)
  console.error(isKnown ? error.message : error)
  process.exitCode = 1
}

/** Entry under Node: configuration from the environment, static files from `assets/`. */
startServer({ createApp, jobs }, { environment: process.env, onError: fail }).catch(fail)

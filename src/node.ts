import { createApp, jobs } from './app.ts'
import { ConfigError } from './config/parse-config.ts'
import { startServer } from './node/start-server.ts'

/**
 * Says in one line what whoever runs the server can put right: the configuration, or a port that is in use.
 */
function fail(error: unknown): void {
  const isKnown = error instanceof ConfigError || (error instanceof Error && 'code' in error)
  console.error(isKnown ? error.message : error)
  process.exitCode = 1
}

/** Entry under Node: the environment holds the configuration, `assets/` the static files. */
startServer({ createApp, jobs }, { environment: process.env, onError: fail }).catch(fail)

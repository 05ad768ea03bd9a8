/**
 * The entry of the package: `createApp(makeDeps(parseConfig(variables), platform))` is a Hono app to serve or
 * to mount. `worker.ts` and `node.ts` show how to build `platform` on Workers and on Node.
 * @module
 */
export { type AppType, createApp, jobs } from './app.ts'
export { assertUsableKeys, type Config, ConfigError, parseConfig } from './config/parse-config.ts'
export type { AppDeps, Assets, ClientAddress, Deps, FloodLimiter, IsPlainHttp } from './deps.ts'
export type { ErrorCode, EventType, Permission, VariableName } from './features.ts'
export { type Hashing, makeDeps } from './make-deps.ts'
export { runFrequent, runHourly } from './schedule/run-scheduled.ts'
export type { AccountFields } from './users/feature.ts'

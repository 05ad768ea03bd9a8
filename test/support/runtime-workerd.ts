import { env } from 'cloudflare:workers'
import type { Assets } from '../../src/deps.ts'

const { ASSETS } = env as unknown as { ASSETS: { fetch: Assets } }

/** The static files of the repository, as the runtime under test serves them. */
export const assets: Assets = (request) => ASSETS.fetch(request)

export const runtime: 'node' | 'workerd' = 'workerd'

export const databaseFetch = undefined

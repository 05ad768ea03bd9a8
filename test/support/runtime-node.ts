import { fileURLToPath } from 'node:url'
import { serveStatic } from '@hono/node-server/serve-static'
import { Hono } from 'hono'
import type { Assets } from '../../src/deps.ts'

export { fetchUnderNode as databaseFetch } from '../../src/node/database-fetch.ts'

const files = new Hono().use(serveStatic({ root: fileURLToPath(new URL('../../assets', import.meta.url)) }))

/** The static files of the repository, as the runtime under test serves them. */
export const assets: Assets = async (request) => await files.fetch(request)

export const runtime: 'node' | 'workerd' = 'node'

import { createApp, jobs } from './app.ts'
import { createWorker } from './workers/create-worker.ts'

/** Entry on Cloudflare Workers. */
export default createWorker({ createApp, jobs })

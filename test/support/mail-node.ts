import { serve } from '@hono/node-server'
import { sendAsAsked } from './mail-sender.ts'

// A process of Node that sends mails, for tests.
serve({ fetch: sendAsAsked, hostname: '127.0.0.1', port: Number(process.env['PORT']) })

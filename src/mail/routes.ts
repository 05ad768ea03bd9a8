import { Hono } from 'hono'
import { createMiddleware } from 'hono/factory'
import { anyone } from '../access/anyone.ts'
import { AppError } from '../errors.ts'
import type { AppEnv } from '../http/context.ts'
import { describeRoute } from '../http/describe-route.ts'
import { prefersHtml } from '../http/page.ts'
import { validQuery } from '../http/validate.ts'
import { isLoopback } from '../net/loopback.ts'
import { emptyMailbox } from './empty-mailbox.ts'
import { mailboxPage } from './mailbox-page.ts'
import { mailboxPayload, mailboxQuery, toMailboxPayload } from './payloads.ts'
import { readMailbox } from './read-mailbox.ts'

const tag = 'Development'

const FORWARDING = ['Forwarded', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Real-IP', 'Via']

/**
 * A page elsewhere can point its own name at this machine (DNS rebinding), and would read every mail here.
 * Its requests name that host.
 */
const onLoopback = createMiddleware<AppEnv>(async function onLoopback(c, next) {
  const { hostname } = new URL(c.req.url)
  // A proxy in front speaks for somebody else.
  const isForwarded = FORWARDING.some((name) => c.req.header(name) !== undefined)
  if (isForwarded || !isLoopback(hostname)) throw new AppError('not_found')
  await next()
})

/** The mailbox of a deployment on loopback that has no `MAIL_URL`. Elsewhere it is not mounted. */
export const mailboxRoutes = new Hono<AppEnv>()
  .get(
    '/dev/mail',
    anyone(),
    onLoopback,
    describeRoute({
      summary: 'The mails that were sent',
      tag,
      responses: { 200: mailboxPayload },
      isPageToo: true,
    }),
    validQuery(mailboxQuery),
    async (c) => {
      const { to = null } = c.req.valid('query')
      const items = await readMailbox(c.var.deps, { to })
      if (!prefersHtml(c)) return c.json(toMailboxPayload(items), 200)
      return c.html(mailboxPage(items))
    },
  )
  .delete(
    '/dev/mail',
    anyone(),
    onLoopback,
    describeRoute({ summary: 'Empty the mailbox', tag, responses: { 204: '' } }),
    async (c) => {
      await emptyMailbox(c.var.deps)
      return c.body(null, 204)
    },
  )

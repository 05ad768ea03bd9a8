import type { Order, Outcome } from './mail-sender.ts'
import { freePort, start } from './process.ts'

/** A process that sends mails, as `mail-sender.ts` does. */
export type MailSender = {
  send(order: Order): Promise<Outcome>
  output(): string
  close(): Promise<unknown>
}

/**
 * Starts a process of Node and one of workerd, as `npx wrangler dev` runs it with our `wrangler.toml`.
 *
 * @param options.caFile what both trust beside the authorities that everybody trusts: Node reads
 *   `NODE_EXTRA_CA_CERTS`, and so does Miniflare, which configures workerd with it
 */
export async function startMailSenders({ caFile }: { caFile: string }) {
  const wrangler = ['dev', 'test/support/mail-worker.ts', '--ip', '127.0.0.1', '--inspector-port', '0']
  const quiet = { WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false' }
  const [node, workerd] = await Promise.all([
    startSender('test/support/mail-node.ts', () => [], { NODE_EXTRA_CA_CERTS: caFile }),
    startSender(
      'node_modules/wrangler/bin/wrangler.js',
      (port) => [...wrangler, '--port', String(port), '--show-interactive-dev-session=false'],
      { NODE_EXTRA_CA_CERTS: caFile, ...quiet },
    ),
  ])
  return { node, workerd }
}

async function startSender(
  file: string,
  argsFor: (port: number) => string[],
  env: NodeJS.ProcessEnv,
): Promise<MailSender> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/`
  const command = start(file, { args: argsFor(port), env: { ...env, PORT: String(port) } })
  for (let attempt = 0; !(await fetch(url).catch(() => null))?.ok; attempt++) {
    if (attempt === 300) throw new Error(`Never answered:\n${command.output()}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return {
    async send(order) {
      const response = await fetch(url, { method: 'POST', body: JSON.stringify(order) })
      if (!response.ok) throw new Error(`${response.status}:\n${command.output()}`)
      return (await response.json()) as Outcome
    },
    output: command.output,
    close: () => command.interrupt(),
  }
}

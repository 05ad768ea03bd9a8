import { html } from 'hono/html'
import { type Markup, page } from '../http/page.ts'
import type { MailboxItem } from './message.ts'

const LINK = /(https?:\/\/[^\s<>"']+)/

/**
 * The mailbox of a developer's machine: what would have been sent, newest first. Each message is shown in a
 * frame, as it would look. Its sandbox runs no script and opens no link, so the text below it has the links.
 * The policy of this page alone (`security-headers.ts`) allows the messages' inline styles.
 */
export function mailboxPage(items: readonly MailboxItem[]): Markup {
  const newestFirst = [...items].sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime())
  const body = html`<p>
      ${items.length === 0 ? 'No message yet.' : 'Nothing here was really sent.'} To empty the mailbox:
      <code>curl -X DELETE</code> with the address of this page.
    </p>
    ${newestFirst.map(toArticle)}
    <footer><a href="/">This server</a>, <a href="/docs">documentation</a></footer>`
  return page({ title: 'Mailbox', body })
}

function toArticle({ id, to, kind, subject, text, html: message, createdAt }: MailboxItem): Markup {
  const time = createdAt.toISOString()
  return html`<article class="mail" id="${id}">
      <h2>${subject}</h2>
      <dl>
        <dt>To</dt>
        <dd>${to}</dd>
        <dt>Message</dt>
        <dd><code>${kind}</code></dd>
        <dt>Time</dt>
        <dd><time datetime="${time}">${time.slice(0, 19).replace('T', ' ')} UTC</time></dd>
      </dl>
      <iframe sandbox loading="lazy" title="${subject}" srcdoc="${message}"></iframe>
      <details open>
        <summary>Text, with links</summary>
        <pre>${text.split(LINK).map(toLink)}</pre>
      </details>
    </article>`
}

/** `split` puts the matches at odd places. */
function toLink(part: string, index: number): Markup | string {
  return index % 2 === 0 ? part : html`<a href="${part}">${part}</a>`
}

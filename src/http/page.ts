import type { Context } from 'hono'
import { accepts } from 'hono/accepts'
import { html } from 'hono/html'

/** What a template returns: the values in it are escaped. */
export type Markup = ReturnType<typeof html>

/**
 * Whether a client asks for a page: browsers name `text/html`; `curl` and `fetch` send `*\/*` or nothing and
 * get JSON. `Vary` tells caches that the answer depends on it.
 */
export function prefersHtml(c: Context): boolean {
  c.header('Vary', 'Accept', { append: true })
  const supports = ['application/json', 'text/html']
  return accepts(c, { header: 'Accept', supports, default: 'application/json' }) === 'text/html'
}

/**
 * A page for people. It has no script, and its style is in a file: the Content-Security-Policy of pages
 * (`security-headers.ts`) allows nothing inline. `hono/html` escapes the values in the template.
 *
 * @param content.body the markup below the title
 */
export function page({ title, body }: { title: string; body: Markup }): Markup {
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>${title}</title>
    <link rel="stylesheet" href="/docs/page.css" />
    <link rel="icon" href="data:," />
  </head>
  <body>
    <main>
      <h1>${title}</h1>
      ${body}
    </main>
  </body>
</html>`
}

import { html } from 'hono/html'
import { fixed, INLINE, STYLE } from './html-styles.ts'
import type { Composed, Link } from './message-parts.ts'

type Markup = ReturnType<typeof html>

/** Languages that are written from right to left. */
const RIGHT_TO_LEFT = /^(ar|ckb|dv|fa|he|ps|sd|ug|ur|yi)(-|$)/i

/** Outlook on Windows lays out with Word, which knows no `max-width` but takes the width of a table. */
const OUTLOOK_WIDTH = {
  open: fixed('<!--[if mso]><table role="presentation" width="600" align="center"><tr><td><![endif]-->'),
  close: fixed('<!--[if mso]></td></tr></table><![endif]-->'),
}

/**
 * The message as HTML. Styles are inline, since some mail programs drop `<style>`, which has only dark mode
 * and small screens. No script; nothing is loaded but the logo. `hono/html` escapes all values.
 */
export function toHtml(message: Composed): string {
  const { language, subject, paragraphs } = message
  const direction = RIGHT_TO_LEFT.test(language) ? 'rtl' : 'ltr'
  return toPlainString(html`<!doctype html>
<html lang="${language}" dir="${direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no, date=no, address=no, email=no, url=no">
<title>${subject}</title>
<style>${STYLE}</style>
</head>
<body class="page" style="${INLINE.page}">
<div style="${INLINE.preheader}">${paragraphs[0]}</div>
${OUTLOOK_WIDTH.open}
<div role="article" lang="${language}" dir="${direction}" class="card text" style="${INLINE.card}">
${toBody(message)}
</div>
${OUTLOOK_WIDTH.close}
</body>
</html>
`)
}

function toBody(message: Composed): Markup {
  const { action, brand } = message
  return html`<div class="text" style="${INLINE.brand}">${brandOf(brand)}</div>
<h1 class="text" style="${INLINE.title}">${message.title}</h1>
${[message.greeting, ...message.paragraphs].map(paragraph)}
${action && button(action, message.copyLink)}
${message.details.length > 0 && table(message.details)}
${message.after.map(paragraph)}
${message.alternatives.map(alternative)}
<div class="muted rule" style="${INLINE.footer}">
<p style="${INLINE.small}">${message.reason}</p>
<p style="${INLINE.small}">${message.sentBy}<br>
<a class="link" href="${brand.productUrl}" style="${INLINE.link}">${brand.productUrl}</a></p>
</div>`
}

/** With images switched off, the name stands where the logo would. */
function brandOf({ productName, logoUrl }: Composed['brand']): Markup | string {
  if (!logoUrl) return productName
  return html`<img src="${logoUrl}" alt="${productName}" height="32" style="${INLINE.logo}">`
}

function paragraph(text: string): Markup {
  return html`<p style="${INLINE.paragraph}">${text}</p>\n`
}

function alternative(link: Link): Markup {
  return html`<p style="${INLINE.paragraph}">${anchor(link, 'link', INLINE.link)}</p>\n`
}

function anchor({ label, url }: Link, kind: 'link' | 'button', style: string): Markup {
  return html`<a class="${kind}" href="${url}" style="${style}">${label}</a>`
}

/** The cell has the colour: Outlook on Windows gives links no padding. */
function button(link: Link, copyLink: string): Markup {
  const { url } = link
  return html`<table role="presentation" cellpadding="0" cellspacing="0" style="${INLINE.buttonTable}"><tr>
<td class="button" style="${INLINE.buttonCell}">${anchor(link, 'button', INLINE.button)}</td>
</tr></table>
<p class="muted" style="${INLINE.copy}">${copyLink}<br>
<a class="link" href="${url}" style="${INLINE.address}">${url}</a></p>`
}

function table(details: Composed['details']): Markup {
  return html`<table role="presentation" cellpadding="0" cellspacing="0" style="${INLINE.details}">
${details.map(
  ({ label, value }) => html`<tr><td class="muted" style="${INLINE.label}">${label}</td>
<td style="${INLINE.value}">${value}</td></tr>\n`,
)}</table>`
}

/** `html` returns a promise only if a value is one, and here none is. */
function toPlainString(markup: Markup): string {
  if (markup instanceof Promise) throw new Error('A value of a message is a promise')
  return markup.toString()
}

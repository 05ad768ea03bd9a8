import { raw } from 'hono/html'

/** Markup of ours that holds no value. */
export const fixed = (markup: string) => raw(markup)

const FONT = 'font-family:system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif'

/** Addresses and names can be longer than a phone is wide, and have no place to break at. */
const ANYWHERE = 'overflow-wrap:anywhere;word-break:break-word'

/** Values of `style`; the colours are those of light mode. */
export const INLINE = {
  page: 'margin:0;padding:24px 8px;background-color:#f1f3f5',
  // Mail programs show the first text beside the subject: the message, not the logo.
  preheader: 'display:none;max-height:0;overflow:hidden;mso-hide:all',
  card:
    'max-width:536px;margin:0 auto;padding:32px;border-radius:8px;background-color:#ffffff;' +
    `color:#1c2024;${FONT};font-size:16px;line-height:1.5;${ANYWHERE}`,
  brand: 'margin:0 0 24px;color:#1c2024;font-size:18px;font-weight:600',
  logo: 'display:block;border:0;height:32px;width:auto;max-width:100%',
  title: 'margin:0 0 16px;color:#1c2024;font-size:24px;line-height:1.25;font-weight:600',
  paragraph: 'margin:0 0 16px',
  link: 'color:#0b5cad',
  buttonTable: 'margin:8px 0 16px',
  buttonCell: 'border-radius:6px;background-color:#0b5cad',
  button:
    'display:inline-block;padding:12px 20px;border-radius:6px;background-color:#0b5cad;' +
    'color:#ffffff;font-weight:600;text-decoration:none',
  small: 'margin:0 0 12px;font-size:14px',
  copy: 'margin:0 0 12px;color:#59636e;font-size:14px',
  address: 'color:#0b5cad;word-break:break-all',
  details: 'margin:8px 0 24px;border-collapse:collapse;font-size:14px',
  label: 'padding:4px 0;color:#59636e;vertical-align:top;overflow-wrap:normal;word-break:normal',
  // The same on both sides, for languages of either direction.
  value: 'padding:4px 16px;vertical-align:top',
  footer: 'margin:32px 0 0;padding:16px 0 0;border-top:1px solid #d5dae0;color:#59636e',
} as const

/** Only `!important` overrides `style`. A program that drops this shows light mode. */
export const STYLE = fixed(`
:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (prefers-color-scheme: dark) {
.page { background-color: #101316 !important; }
.card { background-color: #1c2024 !important; }
.text { color: #e8eaed !important; }
.muted { color: #a8b1bb !important; }
.link { color: #7cb8ff !important; }
.button { background-color: #7cb8ff !important; color: #0d1b2a !important; }
.rule { border-color: #3a424b !important; }
}
@media (max-width: 480px) {
.card { padding: 24px 16px !important; }
}
`)

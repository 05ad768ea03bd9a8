import type { Phrase } from './catalogue.ts'
import { fill } from './placeholders.ts'

/** The first one that matches counts: most browsers also claim to be those that come after them. */
const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\b(Edg|EdgA|EdgiOS)\//, 'Edge'],
  [/\b(OPR|OPX|OPiOS|OPT)\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bVivaldi\//, 'Vivaldi'],
  [/\b(Ddg|DuckDuckGo)\//, 'DuckDuckGo'],
  [/\bYaBrowser\//, 'Yandex Browser'],
  [/\b(Firefox|FxiOS)\//, 'Firefox'],
  [/\b(Chrome|CriOS|Chromium)\//, 'Chrome'],
  [/\bVersion\/\S+ .*\bSafari\//, 'Safari'],
]

/** An iPad that asks for desktop pages says that it is a Mac. */
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bMacintosh\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
]

/** Crawlers, browsers without a window, and web views inside of apps, which all claim to be browsers. */
const NO_BROWSER = /bot\b|crawler|spider|Headless|; wv\)/i

/** Longer than any browser's; bounds the time of expressions with `.*`. */
const MAX_CHARACTERS = 512

type Words = Readonly<Record<Extract<Phrase, 'browserOnSystem' | 'appOrScript' | 'unknown'>, string>>

/**
 * The browser that a user agent names, such as "Firefox on Windows". The client chooses that header, so
 * nothing of it is shown: the answer is made of the words above and of those of the catalogue.
 */
export function describeBrowser(userAgent: string | null, words: Words): string {
  const text = (userAgent ?? '').slice(0, MAX_CHARACTERS)
  if (!text.trim()) return words.unknown
  if (!text.startsWith('Mozilla/') || NO_BROWSER.test(text)) return words.appOrScript
  const [browser, system] = [BROWSERS, SYSTEMS].map((known) => known.find(([mark]) => mark.test(text))?.[1])
  if (browser && system) return fill(words.browserOnSystem, { browser, system })
  return browser ?? words.unknown
}

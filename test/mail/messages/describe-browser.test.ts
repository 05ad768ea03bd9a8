import { expect, test } from 'vitest'
import { BUILT_IN, ENGLISH } from '../../../src/mail/messages/catalogue.ts'
import { describeBrowser } from '../../../src/mail/messages/describe-browser.ts'
import { HOSTILE } from '../../support/messages.ts'

const WEBKIT = 'AppleWebKit/537.36 (KHTML, like Gecko)'
const WINDOWS = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)'
const MAC = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)'
const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)'
const ANDROID = 'Mozilla/5.0 (Linux; Android 10; K)'

test.each([
  ['Firefox on Windows', 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0'],
  ['Firefox on Linux', 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0'],
  ['Firefox on Android', 'Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0'],
  ['Firefox on iPhone', `${IPHONE} FxiOS/145.0 Mobile/15E148 Safari/605.1.15`],
  ['Chrome on Windows', `${WINDOWS} ${WEBKIT} Chrome/142.0.0.0 Safari/537.36`],
  ['Chrome on Android', `${ANDROID} ${WEBKIT} Chrome/142.0.0.0 Mobile Safari/537.36`],
  ['Chrome on iPhone', `${IPHONE} CriOS/142.0.7444.46 Mobile/15E148 Safari/604.1`],
  ['Chrome on ChromeOS', `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${WEBKIT} Chrome/142.0.0.0 Safari/537.36`],
  ['Safari on macOS', `${MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15`],
  ['Safari on iPhone', `${IPHONE} Version/18.6 Mobile/15E148 Safari/604.1`],
  ['Safari on iPad', `${IPHONE.replaceAll('iPhone', 'iPad')} Version/17.1 Mobile/15E148 Safari/604.1`],
  ['Edge on Windows', `${WINDOWS} ${WEBKIT} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0`],
  ['Edge on iPhone', `${IPHONE} Version/18.0 EdgiOS/142.0.3595.66 Mobile/15E148 Safari/604.1`],
  ['Opera on macOS', `${MAC} ${WEBKIT} Chrome/140.0.0.0 Safari/537.36 OPR/124.0.0.0`],
  [
    'Samsung Internet on Android',
    `${ANDROID} ${WEBKIT} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36`,
  ],
  [
    'Vivaldi on Linux',
    `Mozilla/5.0 (X11; Linux x86_64) ${WEBKIT} Chrome/142.0.0.0 Safari/537.36 Vivaldi/7.6`,
  ],
  [
    'DuckDuckGo on macOS',
    `${MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15 Ddg/18.6`,
  ],
  ['Yandex Browser on Windows', `${WINDOWS} ${WEBKIT} Chrome/140.0.0.0 YaBrowser/25.10.0 Safari/537.36`],
  ['Firefox', 'Mozilla/5.0 (PlayStation 9) Gecko/20100101 Firefox/145.0'],
  ['an app or a script', 'curl/8.14.1'],
  ['an app or a script', 'node'],
  ['an app or a script', 'okhttp/5.1.0'],
  ['an app or a script', 'LumaScope/42 CFNetwork/3826.600.41 Darwin/24.6.0'],
  ['an app or a script', 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)'],
  ['an app or a script', `Mozilla/5.0 (X11; Linux x86_64) ${WEBKIT} HeadlessChrome/142.0.0.0 Safari/537.36`],
  [
    'an app or a script',
    `Mozilla/5.0 (Linux; Android 15; Pixel 9; wv) ${WEBKIT} Version/4.0 Chrome/142.0 Safari/537.36`,
  ],
  ['unknown', 'Mozilla/5.0'],
  ['unknown', `${IPHONE} Mobile/15E148`],
  ['unknown', ''],
  ['unknown', '   '],
  ['unknown', null],
])('%s: %s', (described, userAgent) => {
  expect(describeBrowser(userAgent, ENGLISH.phrases)).toBe(described)
})

const KNOWN = /^(an app or a script|unknown|[A-Z]\w+( \w+)?( on \w+)?)$/

test.each(Object.entries(HOSTILE))('%s is not shown', (_, hostile) => {
  for (const userAgent of [
    hostile,
    `Mozilla/5.0 (${hostile}) Firefox/1 ${hostile}`,
    `Mozilla/5.0 Chrome/${hostile}`,
  ]) {
    expect(describeBrowser(userAgent, ENGLISH.phrases)).toMatch(KNOWN)
  }
})

test('the words are those of the catalogue', () => {
  const german = BUILT_IN['de']?.phrases ?? ENGLISH.phrases
  expect(describeBrowser(`${IPHONE} Version/18.6 Safari/604.1`, german)).toBe('Safari unter iPhone')
  expect(describeBrowser('curl/8.14.1', german)).toBe('eine App oder ein Skript')
})

import { expect, test } from 'vitest'
import { isDevelopmentOrigin, readOrigin } from '../../src/net/origin.ts'

test.each([
  ['https://app.example.com', 'https://app.example.com'],
  ['https://APP.example.com:443/', 'https://app.example.com'],
  ['https://bücher.example', 'https://xn--bcher-kva.example'],
  ['http://localhost:3000', 'http://localhost:3000'],
  ['capacitor://localhost', 'capacitor://localhost'],
  ['ionic://localhost/', 'ionic://localhost'],
  ['tauri://LOCALHOST', 'tauri://localhost'],
  ['http://tauri.localhost', 'http://tauri.localhost'],
  [
    'chrome-extension://abcdefghijklmnopabcdefghijklmnop',
    'chrome-extension://abcdefghijklmnopabcdefghijklmnop',
  ],
])('an origin is written as browsers write it: %s', (text, origin) => {
  expect(readOrigin(text)).toEqual({ origin })
})

test.each([
  ...['*', 'null', '', 'example.com', 'https://', 'https://*.example.com', 'https://app.example.com/path'],
  ...['https://app.example.com?x', 'https://u@app.example.com', 'http://app.example.com', 'http://10.0.0.1'],
  ...['file:///', 'file://localhost', 'data:text/html,x', 'blob:https://a.example/1', 'javascript:alert(1)'],
  ...['ws://localhost', 'ftp://localhost', 'capacitor:', 'capacitor:localhost', 'capacitor://localhost/path'],
  ...['capacitor://u@localhost', 'capacitor://*'],
])('what is none is refused: %s', (text) => {
  expect(readOrigin(text)).toEqual({ problem: expect.any(String) })
})

test('plain http on loopback is an origin of development, but for the one that an app has', () => {
  for (const origin of ['http://localhost:3000', 'http://127.0.0.1', 'http://[::1]:1', 'http://a.localhost'])
    expect(isDevelopmentOrigin(origin)).toBe(true)
  for (const origin of [
    'http://tauri.localhost',
    'https://localhost',
    'capacitor://localhost',
    'https://a.example',
  ])
    expect(isDevelopmentOrigin(origin)).toBe(false)
})

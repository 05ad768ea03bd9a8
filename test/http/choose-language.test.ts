import { expect, test } from 'vitest'
import { chooseLanguage } from '../../src/http/choose-language.ts'

const LANGUAGES = ['en', 'de', 'pt-BR', 'zh-Hant']

test.each([
  [undefined, 'en'],
  ['', 'en'],
  ['de', 'de'],
  ['DE', 'de'],
  ['de-AT', 'de'],
  ['de-AT,de;q=0.9,en;q=0.8', 'de'],
  ['fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5', 'en'],
  ['fr, de;q=0.3', 'de'],
  ['fr', 'en'],
  ['en;q=0.1, de;q=0.2', 'de'],
  ['en;q=0.5, de;q=0.5', 'en'],
  ['de;q=0.5, en;q=0.5', 'de'],
  // Not a language of its own, but more than nothing.
  ['pt-br', 'pt-BR'],
  ['pt', 'en'],
  ['zh-Hant-TW', 'zh-Hant'],
  ['zh-Hans', 'en'],
  // A single letter goes with what it introduces.
  ['de-a-private', 'de'],
  ['de-x-dialect-bavarian', 'de'],
  // What is refused.
  ['en;q=0', 'de'],
  ['en;q=0, *', 'de'],
  ['en;q=0.000, en-GB', 'de'],
  ['de;q=0, de-AT', 'en'],
  ['*;q=0', 'en'],
  ['*;q=0, de', 'de'],
  ['pt;q=0, zh;q=0, en;q=0', 'de'],
  ['en;q=0, de;q=0, pt;q=0, zh-hant;q=0', 'en'],
  ['*', 'en'],
  ['*, de;q=0.5', 'en'],
  // Spaces, and what is no range.
  [' de ; q=0.9 ,\ten;q=0.1', 'de'],
  ['de;q=2', 'en'],
  ['de;q=0.1234', 'en'],
  ['de;q=-1', 'en'],
  ['de;level=1', 'en'],
  ['de_AT', 'en'],
  ['../../de', 'en'],
  [',,,de', 'de'],
  ['__proto__', 'en'],
])('%s: %s', (header, language) => {
  expect(chooseLanguage(header, LANGUAGES)).toBe(language)
})

test('the first language is the default, and there is always one', () => {
  expect(chooseLanguage('fr', ['de', 'en'])).toBe('de')
  expect(chooseLanguage('de', [])).toBe('en')
})

test('32 ranges are read, and 16 KiB', () => {
  const others = (count: number) => Array.from({ length: count }, () => 'fr')
  expect(chooseLanguage([...others(31), 'de'].join(), LANGUAGES)).toBe('de')
  expect(chooseLanguage([...others(32), 'de'].join(), LANGUAGES)).toBe('en')
  expect(chooseLanguage(`${' '.repeat(16 * 1024 - 2)}de`, LANGUAGES)).toBe('de')
  expect(chooseLanguage(`${' '.repeat(16 * 1024)}de`, LANGUAGES)).toBe('en')
})

test.each([
  ['commas', ','],
  ['spaces', ' '],
  ['weights', ';q=0'],
  ['spaces before a weight', 'de \t'],
  ['subtags that end in one', '-a'],
])('two thousand headers of a megabyte of %s are answered within the time of a test', (_, piece) => {
  const header = `de${piece.repeat(1_000_000 / piece.length)}`
  for (let count = 0; count < 2000; count++) expect(LANGUAGES).toContain(chooseLanguage(header, LANGUAGES))
})

test('a tag longer than any real one is not looked up', () => {
  expect(chooseLanguage(`de${'-a'.repeat(31)}`, LANGUAGES)).toBe('de')
  expect(chooseLanguage(`de${'-a'.repeat(32)}`, LANGUAGES)).toBe('en')
})

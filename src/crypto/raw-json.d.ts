/**
 * `JSON.stringify` writes the string of `JSON.rawJSON` unchanged. V8 has it (Node 22, workerd); TypeScript's
 * library does not declare it yet.
 *
 * @see https://github.com/tc39/proposal-json-parse-with-source
 */
interface JSON {
  rawJSON(text: string): object
}

/**
 * `JSON.rawJSON` puts a text into `JSON.stringify`'s output as it stands. V8 has it (Node 22, workerd);
 * TypeScript's library does not list it yet.
 *
 * @see https://github.com/tc39/proposal-json-parse-with-source
 */
interface JSON {
  rawJSON(text: string): object
}

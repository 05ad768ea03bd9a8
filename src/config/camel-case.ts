/** `ACCESS_TOKEN_SECONDS` as `accessTokenSeconds`. */
export type CamelCase<Name extends string> = Name extends `${infer First}_${infer Rest}`
  ? `${Lowercase<First>}${Capitalize<CamelCase<Rest>>}`
  : Lowercase<Name>

/** `accessTokenSeconds` for `ACCESS_TOKEN_SECONDS`. */
export function camelCase<Name extends string>(name: Name): CamelCase<Name> {
  const camel = name.toLowerCase().replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
  return camel as CamelCase<Name>
}

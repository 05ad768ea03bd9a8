/** What the fuzzer reads of a JSON schema; `arbitraryOf` refuses any other keyword. */
export type Schema = {
  $ref?: string
  type?: string | string[]
  const?: unknown
  enum?: unknown[]
  anyOf?: Schema[]
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: unknown
  propertyNames?: unknown
  items?: Schema
  minItems?: number
  maxItems?: number
  minLength?: number
  maxLength?: number
  pattern?: string
  format?: string
  minimum?: number
  maximum?: number
  default?: unknown
  examples?: unknown[]
  title?: string
  description?: string
}

type Content = Record<string, { schema?: Schema }>
export type Answer = { $ref?: string; description?: string; content?: Content }
export type Parameter = { name: string; in: string; required?: boolean; schema: Schema }
type OperationObject = {
  parameters?: Parameter[]
  requestBody?: { required?: boolean; content: Content }
  responses: Record<string, Answer>
}
export type OpenApi = {
  paths: Record<string, Record<string, OperationObject>>
  components: { schemas: Record<string, Schema>; responses: Record<string, Answer> }
}

export type Operation = {
  method: string
  /** With parameters in braces. */
  path: string
  parameters: Parameter[]
  isBodyRequired: boolean
  /** Schemas of the body, by content type. */
  bodies: [media: string, schema: Schema][]
  /** By status. */
  responses: Record<string, Answer>
}

export const nameOf = ({ method, path }: Operation) => `${method} ${path}`

/** All operations of a document, with the components that they refer to. */
export function operationsOf(document: OpenApi): Operation[] {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody, responses }]) => ({
      method: method.toUpperCase(),
      path,
      parameters,
      isBodyRequired: requestBody?.required ?? false,
      bodies: Object.entries(requestBody?.content ?? {}).map(([media, { schema = {} }]): [string, Schema] => [
        media,
        resolve(document, schema),
      ]),
      responses: Object.fromEntries(
        Object.entries(responses).map(([status, answer]) => [status, resolve(document, answer)]),
      ),
    })),
  )
}

/** Follows the reference of a schema or response. */
export function resolve<T extends { $ref?: string }>(document: OpenApi, found: T): T {
  const { $ref } = found
  if ($ref === undefined) return found
  const parts = $ref.slice('#/'.length).split('/')
  const target = parts.reduce<unknown>((at, name) => (at as Record<string, unknown>)?.[name], document)
  if (!target) throw new Error(`The document refers to ${$ref}, which it does not have`)
  return resolve(document, target as T)
}

/**
 * The operations that a method and path can mean. Paths answer percent-encoded as well; paths of fixed
 * segments win over parameters; `/auth/...` serves some operations that the document lists without it.
 */
export function operationsAt(operations: Operation[], method: string, pathname: string): Operation[] {
  const asked = method === 'HEAD' ? 'GET' : method
  const served = operations.filter((operation) => operation.method === asked)
  const paths = new Set([pathname, decoded(pathname)].flatMap((path) => [path, path.replace(/\/$/, '')]))
  const candidates = [...paths].flatMap((path) => [path, path.replace(/^\/auth(?=\/)/, '')])
  return served.filter(({ path }) => candidates.some((candidate) => pattern(path).test(candidate || '/')))
}

const pattern = (path: string) =>
  new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`)

function decoded(pathname: string): string {
  try {
    return decodeURI(pathname)
  } catch {
    return pathname
  }
}

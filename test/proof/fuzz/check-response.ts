import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { ERRORS, type ErrorCode } from '../../../src/features.ts'
import { type Answer, type OpenApi, type Operation, operationsAt } from './document.ts'

/** A response, read whole. */
export type Received = { status: number; headers: Headers; body: Uint8Array }

/** What a request asked for. `secrets` are those that it sent and that no response may repeat. */
export type Asked = { method: string; pathname: string; secrets: string[] }

/** Any path may answer these, whatever the document says of it; a path outside it, nothing else. */
const OUTSIDE = ['400', '404', '405', '413']

type Problem = { status: number; code: ErrorCode; detail: unknown; instance: string }

/** Compares responses with a document; `check` returns what does not fit. */
export function createCheck(document: OpenApi, operations: Operation[]) {
  const validators = createValidators(document)
  const check = (received: Received, asked: Asked): string[] => {
    const { status, headers } = received
    const found = operationsAt(operations, asked.method, asked.pathname)
    const text = decode(received.body)
    if (text === null) return ['the body is no UTF-8']
    const answers = found.flatMap(({ responses }) => responses[String(status)] ?? [])
    return [
      ...(status >= 500 ? [`it is a ${status}`] : []),
      ...statusProblems(received, asked, found),
      ...headerProblems(headers, status),
      ...(asked.secrets.some(
        (secret) => text.includes(secret) || JSON.stringify([...headers]).includes(secret),
      )
        ? ['it repeats a secret of the request']
        : []),
      ...bodyProblems(text, { received, asked, answers, validators }),
    ]
  }
  /** An error that says nothing about an operation, as the request never had one. */
  const checkError = (received: Received): string[] => {
    const text = decode(received.body)
    if (text === null) return ['the body is no UTF-8']
    const asked = { method: '', pathname: '', secrets: [] }
    return [
      ...headerProblems(received.headers, received.status),
      ...problemProblems(text, { received, asked, answers: [], validators }),
    ]
  }
  return { check, checkError }
}

function decode(body: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
  } catch {
    return null
  }
}

function statusProblems({ status }: Received, { method }: Asked, found: Operation[]): string[] {
  // The one for pages of other origins comes before any route.
  if (method === 'OPTIONS')
    return [204, 400, 404, 405, 413].includes(status) ? [] : [`OPTIONS gets ${status}`]
  // What says nothing about the operation: the path does not really mean it.
  if (found.length === 0) return OUTSIDE.includes(String(status)) ? [] : [`${status} outside the document`]
  const listed = found.flatMap(({ responses }) => Object.keys(responses))
  return [...listed, '404'].includes(String(status)) ? [] : [`the document does not list ${status}`]
}

const REQUIRED: Record<number, [header: string, value: RegExp]> = {
  401: ['WWW-Authenticate', /^Bearer realm="[^"]+"/],
  405: ['Allow', /^[A-Z]+(, [A-Z]+)*$/],
  429: ['Retry-After', /^[1-9]\d*$/],
  503: ['Retry-After', /^[1-9]\d*$/],
}

const ALWAYS: [header: string, value: RegExp][] = [
  ['X-Request-Id', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/],
  ['X-Content-Type-Options', /^nosniff$/],
  ['Cache-Control', /^(no-store|public, max-age=\d+)$/],
]

function headerProblems(headers: Headers, status: number): string[] {
  const expected = [...ALWAYS, ...(REQUIRED[status] ? [REQUIRED[status]] : [])]
  return expected
    .filter(([name, value]) => !value.test(headers.get(name) ?? ''))
    .map(([name]) => `${name} is ${headers.get(name)}`)
}

type Validators = ReturnType<typeof createValidators>

function createValidators(document: OpenApi) {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true })
  addFormats(ajv)
  ajv.addFormat('password', true)
  // The document as a schema of its own, so that its references mean what they say.
  ajv.addVocabulary(['openapi', 'info', 'servers', 'tags', 'paths', 'components'])
  ajv.addSchema({ $id: 'https://example.com/openapi.json', ...document })
  const compiled = new Map<string, ReturnType<typeof ajv.compile>>()
  const validate = (schema: object, value: unknown): string[] => {
    const key = JSON.stringify(schema)
    const located = JSON.parse(key.replaceAll('"#/', '"https://example.com/openapi.json#/')) as object
    const validator = compiled.get(key) ?? ajv.compile(located)
    compiled.set(key, validator)
    return validator(value) ? [] : [`the schema: ${ajv.errorsText(validator.errors).slice(0, 300)}`]
  }
  return { document, validate }
}

type Compared = { received: Received; asked: Asked; answers: Answer[]; validators: Validators }

function bodyProblems(text: string, compared: Compared): string[] {
  const { received, asked, answers, validators } = compared
  const { status, headers } = received
  const type = headers.get('Content-Type')
  const media = type?.split(';')[0] ?? ''
  if (asked.method === 'HEAD' || status === 204 || status === 304)
    return text === '' ? [] : [`${asked.method} ${status} has a body`]
  if (status >= 400) return problemProblems(text, compared)
  const contents = answers.map(({ content }) => content?.[media])
  const schemas = contents.flatMap((content) => (content ? [content.schema ?? {}] : []))
  if (answers.length > 0 && schemas.length === 0) return [`the document does not list ${status} as ${media}`]
  if (media !== 'application/json') return text === '' ? ['an empty body'] : []
  if (type !== 'application/json') return [`Content-Type: ${type}`]
  const body = parse(text)
  if (body === undefined) return ['the body is no JSON']
  const mismatches = schemas.map((schema) => validators.validate(schema, body))
  return mismatches.some((found) => found.length === 0) ? [] : (mismatches[0] ?? [])
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** Every error is a problem document, with a code that the operation lists. */
function problemProblems(text: string, { received, answers, validators }: Compared): string[] {
  const { status, headers } = received
  if (headers.get('Content-Type') !== 'application/problem+json')
    return [`an error as ${headers.get('Content-Type')}`]
  const body = parse(text) as Problem | undefined
  const schema = validators.document.components.schemas['Problem'] ?? {}
  const mismatches = validators.validate(schema, body)
  if (mismatches.length > 0 || !body) return mismatches.length > 0 ? mismatches : ['the body is no JSON']
  const { code, detail, instance } = body
  const isListed = answers.some((one) => one.description?.includes(`(/problems/${code})`))
  return [
    ...(ERRORS[code]?.status === status && body.status === status ? [] : [`${code} is no ${status}`]),
    ...(instance === `urn:uuid:${headers.get('X-Request-Id')}` ? [] : ['instance is not the request id']),
    ...(typeof detail === 'string' && detail !== '' ? [] : [`detail is ${detail}`]),
    ...(answers.length === 0 || isListed ? [] : [`the document does not list ${code}`]),
  ]
}

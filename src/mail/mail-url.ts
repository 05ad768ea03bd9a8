import * as z from 'zod/mini'
import { step } from '../features/rules.ts'
import { isLoopback } from '../net/loopback.ts'

/** How mail is sent, and by whom. */
export type MailUrl =
  | { kind: 'off' }
  | { kind: 'resend'; apiKey: string; endpoint: string }
  | { kind: 'postmark'; serverToken: string; stream: string; endpoint: string }
  | SesUrl
  | { kind: 'cloudflare'; binding: string }
  | SmtpUrl

export type SesUrl = {
  kind: 'ses'
  accessKeyId: string
  secretAccessKey: string
  region: string
  /** `null`: the identity's default, if it has one. */
  configurationSet: string | null
  endpoint: string
}

export type SmtpUrl = {
  kind: 'smtp'
  /** A name, or an address without brackets. */
  host: string
  port: number
  /** TLS from the first byte, by a STARTTLS that has to succeed, or none: on this machine only. */
  tls: 'implicit' | 'starttls' | 'none'
  credentials: { user: string; password: string } | null
}

type Refusal = { problem: string }

const FORMS =
  'must be off, resend:<API key>, postmark:<server token>, ' +
  'ses://<access key ID>:<secret access key>@<region>, cloudflare:<binding>, ' +
  'or smtp(s)://<user>:<password>@<host>:<port>'

/** Not `new URL`: it does not split a scheme that it does not know into user, password, host and port. */
const PARSERS: Readonly<Record<string, (rest: string) => MailUrl | Refusal>> = {
  'resend:': parseResend,
  'postmark:': parsePostmark,
  'ses:': parseSes,
  'cloudflare:': parseCloudflare,
  'smtp:': (rest) => parseSmtp(rest, 'starttls'),
  'smtps:': (rest) => parseSmtp(rest, 'implicit'),
}

/** The variable `MAIL_URL`. It holds a key or a password, so no error quotes any of it. */
export const mailUrl = z.pipe(
  z.string(),
  step((text: string, refuse): MailUrl => {
    const read = parse(text)
    if ('kind' in read) return read
    refuse(read.problem)
    return { kind: 'off' }
  }),
)

function parse(text: string): MailUrl | Refusal {
  if (text === 'off') return { kind: 'off' }
  // `new URL` deletes tabs and line breaks, and takes `\` for `/`: host and password would move.
  if (!/^[!-~]*$/.test(text) || /[\\#]/.test(text)) {
    return { problem: 'has a character that has to be percent-encoded' }
  }
  const scheme = /^[a-z]+:/.exec(text)?.[0] ?? ''
  const parser = Object.hasOwn(PARSERS, scheme) ? PARSERS[scheme] : undefined
  return parser?.(text.slice(scheme.length)) ?? { problem: FORMS }
}

function parseResend(rest: string): MailUrl | Refusal {
  const { before: apiKey, parameters } = splitQuery(rest)
  if (!/^[\w.-]{1,256}$/.test(apiKey)) return { problem: 'must be resend:<API key>' }
  const read = readParameters(parameters, { endpoint: endpointOr('https://api.resend.com') })
  return 'problem' in read ? read : { kind: 'resend', apiKey, endpoint: read.values.endpoint }
}

function parsePostmark(rest: string): MailUrl | Refusal {
  const { before: serverToken, parameters } = splitQuery(rest)
  if (!/^[\w-]{1,256}$/.test(serverToken)) return { problem: 'must be postmark:<server token>' }
  const read = readParameters(parameters, {
    endpoint: endpointOr('https://api.postmarkapp.com'),
    stream: nameOr('outbound'),
  })
  return 'problem' in read ? read : { kind: 'postmark', serverToken, ...read.values }
}

const SES_FORM = 'must be ses://<access key ID>:<secret access key>@<region>, with the / of the secret as %2F'

function parseSes(rest: string): MailUrl | Refusal {
  const { before, parameters } = splitQuery(rest)
  const [, accessKeyId = '', encodedSecret = '', region = ''] =
    /^\/\/(\w{16,128}):([^:@/]+)@([a-z]{2,}(?:-[a-z]+)+-\d)$/.exec(before) ?? []
  const secretAccessKey = decode(encodedSecret)
  if (!secretAccessKey) return { problem: SES_FORM }
  const read = readParameters(parameters, {
    endpoint: endpointOr(`https://email.${region}.amazonaws.com`),
    configuration_set: nameOr(null),
  })
  if ('problem' in read) return read
  const { endpoint, configuration_set: configurationSet } = read.values
  return { kind: 'ses', accessKeyId, secretAccessKey, region, configurationSet, endpoint }
}

function parseCloudflare(rest: string): MailUrl | Refusal {
  if (/^(?:[A-Za-z_]\w{0,63})?$/.test(rest)) return { kind: 'cloudflare', binding: rest || 'EMAIL' }
  return { problem: 'must be cloudflare:<binding>, the name of a send_email binding' }
}

const SMTP_FORM =
  'must be smtp://<user>:<password>@<host>:<port> or smtps://…, with user and password percent-encoded, ' +
  'or without both'

function parseSmtp(rest: string, tls: 'implicit' | 'starttls'): SmtpUrl | Refusal {
  const { before, parameters } = splitQuery(rest)
  const parts = /^\/\/(?:([^:@/]+):([^:@/]+)@)?(\[[^\]@/]+\]|[^:@/[\]]+)(?::(\d{1,5}))?\/?$/.exec(before)
  const [, encodedUser, encodedPassword, encodedHost = '', digits] = parts ?? []
  const user = decode(encodedUser ?? '')
  const password = decode(encodedPassword ?? '')
  const port = Number(digits ?? (tls === 'implicit' ? 465 : 587))
  if (!parts || user === null || password === null) return { problem: SMTP_FORM }
  const hostname = readHostname(encodedHost)
  if (!hostname || port < 1 || port > 65_535) return { problem: 'has no valid host and port' }
  const read = readParameters(parameters, { starttls: tls === 'starttls' ? required : unknown })
  if ('problem' in read) return read
  // A name under `localhost` is not enough: DNS may be asked for it, and answer with another machine.
  const mayBePlain = tls === 'starttls' && !hostname.endsWith('.localhost') && isLoopback(hostname)
  return {
    kind: 'smtp',
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port,
    tls: mayBePlain && !read.values.starttls ? 'none' : tls,
    credentials: encodedUser ? { user, password } : null,
  }
}

/** The host as browsers write it, so that every spelling of a loopback address is one; `null`: not a host. */
function readHostname(text: string): string | null {
  if (!/^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])$/.test(text)) return null
  return URL.parse(`http://${text}/`)?.hostname || null
}

/** `null`: not percent-encoded UTF-8, or with a control character. NUL separates user and password. */
function decode(text: string): string | null {
  try {
    const decoded = decodeURIComponent(text)
    return /\p{Cc}/u.test(decoded) ? null : decoded
  } catch {
    return null
  }
}

function splitQuery(text: string) {
  const at = text.includes('?') ? text.indexOf('?') : text.length
  return { before: text.slice(0, at), parameters: new URLSearchParams(text.slice(at + 1)) }
}

const UNKNOWN_PARAMETER = { problem: 'has an unknown parameter' }

/** Reads one parameter; `null` for one that is absent. */
type Reader<Value> = (text: string | null) => Value | Refusal

/** The values of a query that has each parameter once at most, and no other. */
function readParameters<Values extends Record<string, unknown>>(
  parameters: URLSearchParams,
  readers: { [Name in keyof Values]: Reader<Values[Name]> },
): { values: Values } | Refusal {
  const names = [...parameters.keys()]
  if (names.some((name) => !Object.hasOwn(readers, name))) return UNKNOWN_PARAMETER
  if (new Set(names).size < names.length) return { problem: 'repeats a parameter' }
  const values: Partial<Values> = {}
  for (const name of Object.keys(readers) as (keyof Values & string)[]) {
    const read = readers[name](parameters.get(name))
    if (isRefusal(read)) return read
    values[name] = read
  }
  return { values: values as Values }
}

const isRefusal = (read: unknown): read is Refusal =>
  typeof read === 'object' && read !== null && 'problem' in read

/** The URL that replaces the provider's own, without a slash at its end. */
const endpointOr =
  (provided: string): Reader<string> =>
  (text) => {
    if (text === null) return provided
    const { protocol, hostname, username, password, search, hash, href } = new URL(
      URL.canParse(text) ? text : 'invalid:',
    )
    const isSecure = protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))
    if (isSecure && !username && !password && !search && !hash) return href.replace(/\/+$/, '')
    return { problem: 'has an endpoint that is not an https URL without query and credentials' }
  }

/** A name that providers give: of a stream, of a configuration set. */
const nameOr =
  <Default extends string | null>(otherwise: Default): Reader<string | Default> =>
  (text) => {
    if (text === null) return otherwise
    return /^[\w-]{1,64}$/.test(text)
      ? text
      : { problem: 'has a name with other characters than A-Z a-z 0-9 _ -' }
  }

const required: Reader<boolean> = (text) => {
  if (text === null || text === 'required') return text !== null
  return { problem: 'has a starttls that is not required' }
}

const unknown: Reader<boolean> = (text) => text !== null && UNKNOWN_PARAMETER

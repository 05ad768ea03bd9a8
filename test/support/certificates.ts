import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']

/** A certificate authority that exists for as long as this process, and a certificate of it. */
export type Authority = {
  /** The path of its certificate in PEM, for `NODE_EXTRA_CA_CERTS`. */
  caFile: string
  /** For the names and addresses of `names`. */
  key: Buffer
  cert: Buffer
}

/** Makes an authority with the `openssl` of this machine, and its certificate for `names`. */
export function createAuthority(names = 'DNS:localhost,IP:127.0.0.1,IP:::1'): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'certificates-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const path = (name: string) => join(folder, name)
  const openssl = (subject: string, ...args: string[]) =>
    execFileSync('openssl', ['req', '-x509', ...EC, '-subj', `/CN=${subject}`, ...args], { stdio: 'pipe' })
  // Each with a name of its own: of two with one name, the wrong one would be a wrong signature instead.
  openssl(`Test CA ${randomUUID()}`, '-keyout', path('ca.key'), '-out', path('ca.pem'))
  openssl(
    'test',
    ...['-CA', path('ca.pem'), '-CAkey', path('ca.key'), '-keyout', path('key'), '-out', path('cert')],
    ...['-addext', `subjectAltName=${names}`, '-addext', 'basicConstraints=critical,CA:FALSE'],
  )
  return { caFile: path('ca.pem'), key: readFileSync(path('key')), cert: readFileSync(path('cert')) }
}

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './process.ts'

const NGINX = '/usr/sbin/nginx'
const HAPROXY = '/usr/sbin/haproxy'

/** Whether both proxies are installed. If not, tries to install Debian's packages first. */
export function hasProxies(): boolean {
  const present = () => existsSync(NGINX) && existsSync(HAPROXY)
  if (present() || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return present()
  // Debian starts services when it installs them, unless policy-rc.d exits with 101.
  const policy = '/usr/sbin/policy-rc.d'
  const isOurs = !existsSync(policy)
  if (isOurs) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [
    ['update', '-qq'],
    ['install', '-y', '-qq', '--no-install-recommends', 'nginx-light', 'haproxy'],
  ]) {
    spawnSync('apt-get', args, { env, timeout: 300_000 })
  }
  if (isOurs) rmSync(policy)
  return present()
}

export type ProxyName = 'nginx' | 'nginx, unbuffered' | 'HAProxy'

/** A proxy in front of servers on these ports, configured as `docs/proxies.md` says. */
export async function startProxy(name: ProxyName, ports: readonly number[]) {
  const folder = mkdtempSync(join(tmpdir(), 'proxy-'))
  const port = await freePort()
  const file = join(folder, 'proxy.conf')
  const isHaproxy = name === 'HAProxy'
  const buffering = name === 'nginx' ? 'on' : 'off'
  writeFileSync(
    file,
    isHaproxy ? haproxyConfig(port, ports) : nginxConfig({ folder, port, ports, buffering }),
  )
  const child: ChildProcess = isHaproxy
    ? spawn(HAPROXY, ['-db', '-q', '-f', file])
    : spawn(NGINX, ['-e', 'stderr', '-p', folder, '-c', file])
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += String(chunk)))
  const exited = once(child, 'close')
  for (let attempt = 0; !(await accepts(port)); attempt++) {
    if (attempt > 50 || child.exitCode !== null) throw new Error(`${name} does not start:\n${output}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return {
    port,
    /** Its output: errors, and warnings about connections that servers closed too early. */
    output: () => output,
    async stop(): Promise<void> {
      child.kill('SIGTERM')
      await exited
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']

type NginxOptions = { folder: string; port: number; ports: readonly number[]; buffering: 'on' | 'off' }

const nginxConfig = ({ folder, port, ports, buffering }: NginxOptions) => `
daemon off;
worker_processes 1;
${process.getuid?.() === 0 ? 'user root;' : ''}
pid ${folder}/nginx.pid;
error_log stderr warn;
events { worker_connections 4096; }
http {
  access_log off;
  ${TEMPORARY.map((kind) => `${kind}_temp_path ${folder}/${kind};`).join('\n  ')}
  upstream auth {
    ${ports.map((server) => `server 127.0.0.1:${server};`).join('\n    ')}
    keepalive 32;
    keepalive_timeout 60s;
  }
  server {
    listen 127.0.0.1:${port};
    client_max_body_size 1m;
    location / {
      proxy_pass http://auth;
      proxy_http_version 1.1;
      proxy_request_buffering ${buffering};
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto https;
    }
  }
}
`

const haproxyConfig = (port: number, ports: readonly number[]) => `
global
  maxconn 4096
defaults
  mode http
  timeout connect 5s
  timeout client 65s
  timeout server 35s
  timeout http-keep-alive 60s
  option redispatch
  retries 3
frontend clients
  bind 127.0.0.1:${port}
  default_backend auth
backend auth
  http-reuse always
  retry-on conn-failure empty-response
  option forwardfor
  http-request set-header X-Forwarded-Proto https
  ${ports.map((server) => `server s${server} 127.0.0.1:${server}`).join('\n  ')}
`

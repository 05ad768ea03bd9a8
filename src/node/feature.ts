import type { Feature } from '../features/feature.ts'
import { host, integer } from '../features/rules.ts'

export const node = {
  variables: {
    HOST: {
      rule: host,
      unit: 'address',
      default: '127.0.0.1',
      reason:
        'Node only: the address to listen on; `0.0.0.0` in a container, behind a proxy with TLS: refused ' +
        'if `PUBLIC_URL` is plain http',
    },
    PORT: { rule: integer(1, 65_535), unit: 'port', default: '8000', reason: 'Node only' },
    TRUSTED_PROXY_HOPS: {
      rule: integer(0, 10),
      unit: 'proxies',
      default: '0',
      reason:
        'Node only: how many proxies of yours stand in front: the client is so many from the right of ' +
        '`X-Forwarded-For`; 0 reads the socket alone',
    },
  },
} as const satisfies Feature

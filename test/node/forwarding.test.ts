import { expect, test } from 'vitest'
import { clientAddressBehind } from '../../src/node/forwarding.ts'

function behind(hops: number) {
  const log: { event: string }[] = []
  const address = clientAddressBehind(hops, { log: (entry) => void log.push(entry) })
  const bindings = { incoming: { socket: { remoteAddress: '10.0.0.1' } } }
  const ask = (header: string | null) =>
    address(
      new Request('http://localhost/', header === null ? {} : { headers: { 'X-Forwarded-For': header } }),
      bindings,
    )
  return { log, ask }
}

test.each([
  ['a header comes and no proxy is trusted', 0, '203.0.113.9', 'Set TRUSTED_PROXY_HOPS to how many'],
  ['fewer addresses come than proxies should have written', 2, '203.0.113.9', 'too high'],
  ['none comes', 1, null, 'past the proxies'],
  ['the client is a proxy, as it seems', 1, '203.0.113.9, 10.1.2.3', 'raise TRUSTED_PROXY_HOPS'],
  ['the same in IPv6', 1, '203.0.113.9, fd00::1', 'raise TRUSTED_PROXY_HOPS'],
])(
  'a wrong number of trusted proxies is said once in the life of the process: %s',
  (_, hops, header, advice) => {
    const { log, ask } = behind(hops)
    for (let time = 0; time < 3; time++) ask(header)
    expect(log).toEqual([{ event: 'trusted_proxy_hops', hops, advice: expect.stringContaining(advice) }])
    // No address of anybody.
    expect(JSON.stringify(log)).not.toMatch(/203|10\.1|fd00/)
  },
)

test.each([
  [0, null, '10.0.0.1'],
  [1, '203.0.113.9', '203.0.113.9'],
  [1, '198.51.100.1, 203.0.113.9', '203.0.113.9'],
  [1, '10.1.2.3', '10.1.2.3'],
  [2, '203.0.113.9, 10.1.2.3', '203.0.113.9'],
])('nothing is said if it fits: %i hops and %s (row 110)', (hops, header, client) => {
  const { log, ask } = behind(hops)
  expect(ask(header)).toBe(client)
  expect(log).toEqual([])
})

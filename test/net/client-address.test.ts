import { describe, expect, test } from 'vitest'
import { forwardedAddress, networksOf, parseAddress, toClient } from '../../src/net/client-address.ts'

const NOTHING = { userAgent: undefined, language: 'en' }

describe('an address', () => {
  test.each([
    ['203.0.113.7', '203.0.113.7'],
    [' 203.0.113.7 ', '203.0.113.7'],
    ['203.0.113.7:51234', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:203.0.113.7', '203.0.113.7'],
    ['::ffff:cb00:7107', '203.0.113.7'],
    ['0:0:0:0:0:ffff:cb00:7107', '203.0.113.7'],
    ['[::ffff:203.0.113.7]:443', '203.0.113.7'],
    ['2001:DB8::1', '2001:db8::1'],
    ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[2001:db8::1]:51234', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::1', '::1'],
  ])('%s has the one spelling %s', (text, canonical) => {
    expect(parseAddress(text)).toBe(canonical)
  })

  test.each([
    '',
    ' ',
    'unknown',
    '_hidden',
    'localhost',
    'example.com',
    '1',
    '0x7f.0.0.1',
    '017700000001',
    '127.1',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.4.',
    '256.1.1.1',
    '01.2.3.4',
    '1.2.3.4, 5.6.7.8',
    '1.2.3.4:port',
    '1.2.3.4/24',
    ':::',
    '1::2::3',
    '2001:db8::g',
    '2001:db8:1:2:3:4:5:6:7',
    '[2001:db8::1',
    '::ffff:999.0.0.1',
    "1.2.3.4'; drop table users",
    '\u0000',
    'a'.repeat(100_000),
  ])('%s is none (row 63)', (text) => {
    expect(parseAddress(text)).toBeNull()
  })
})

test.each([
  ['203.0.113.7', ['203.0.113.7']],
  ['2001:db8:1:2:3:4:5:6', ['2001:db8:1:2::/64', '2001:db8:1:0::/56', '2001:db8:1::/48']],
  ['2001:db8:1:a2ff::', ['2001:db8:1:a2ff::/64', '2001:db8:1:a200::/56', '2001:db8:1::/48']],
  ['2001:db8:1:2:ffff::1', ['2001:db8:1:2::/64', '2001:db8:1:0::/56', '2001:db8:1::/48']],
  ['2001:db8::1', ['2001:db8:0:0::/64', '2001:db8:0:0::/56', '2001:db8:0::/48']],
  ['2001:db8::1:0:0:1', ['2001:db8:0:0::/64', '2001:db8:0:0::/56', '2001:db8:0::/48']],
  ['::1', ['0:0:0:0::/64', '0:0:0:0::/56', '0:0:0::/48']],
  ['fe80::1:2:3:4', ['fe80:0:0:0::/64', 'fe80:0:0:0::/56', 'fe80:0:0::/48']],
])('%s is counted for %j', (address, networks) => {
  expect(networksOf(address).map(({ network }) => network)).toEqual(networks)
  const { network, widerNetworks, site } = toClient(address, NOTHING)
  expect([network, ...widerNetworks.map((each) => each.network)]).toEqual(networks)
  expect(site).toBe(networks.at(-1))
})

describe('X-Forwarded-For (row 63)', () => {
  const spoofed = '1.1.1.1, 2.2.2.2,3.3.3.3 ,  203.0.113.7'
  test.each([
    ['without a proxy of ours, is not read', spoofed, 0, null],
    ['behind one, is what that one appended', spoofed, 1, '203.0.113.7'],
    ['behind two, is the second from the right', spoofed, 2, '3.3.3.3'],
    ['behind all, is the first', spoofed, 4, '1.1.1.1'],
    ['behind more than it lists, says nothing', spoofed, 5, null],
    ['that is absent says nothing', null, 1, null],
    ['that is empty says nothing', '', 1, null],
    ['that ends in a comma says nothing', '203.0.113.7,', 1, null],
    ['of commas says nothing', ',,,', 2, null],
  ])('%s', (_, header, hops, expected) => {
    expect(forwardedAddress(header, hops)).toBe(expected)
  })
})

test('a client without a usable address is counted with all such clients', () => {
  const nobody = { address: null, network: 'unknown', widerNetworks: [], site: 'unknown' }
  expect(toClient(null, NOTHING)).toEqual({ ...nobody, userAgent: null, language: 'en' })
  expect(toClient('garbage', { userAgent: 'x'.repeat(1000), language: 'de' })).toEqual({
    ...nobody,
    userAgent: 'x'.repeat(256),
    language: 'de',
  })
})

test('a user agent is cut without leaving half a character', () => {
  expect(
    toClient(null, { userAgent: `${'x'.repeat(255)}😀`, language: 'en' }).userAgent?.isWellFormed(),
  ).toBe(true)
})

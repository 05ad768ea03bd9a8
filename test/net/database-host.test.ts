import { describe, expect, test } from 'vitest'
import { resolveDatabase } from '../../src/net/database-host.ts'

const NEON = 'ep-cool-1234.eu-central-1.aws.neon.tech'

describe('a connection string is sent to Neon and to this machine', () => {
  test.each([
    [NEON, 'https://api.eu-central-1.aws.neon.tech/sql'],
    ['ep-cool-1234-pooler.c-2.us-east-2.aws.neon.tech', 'https://api.c-2.us-east-2.aws.neon.tech/sql'],
    ['ep-cool-1234.eastus2.azure.neon.tech', 'https://api.eastus2.azure.neon.tech/sql'],
    ['ep-cool-1234.us-east-2.aws.neon.build', 'https://api.us-east-2.aws.neon.build/sql'],
    [`${NEON}:5432`, 'https://api.eu-central-1.aws.neon.tech/sql'],
    ['EP-COOL-1234.EU-CENTRAL-1.AWS.NEON.TECH', 'https://api.eu-central-1.aws.neon.tech/sql'],
    ['localhost', 'http://localhost:4444/sql'],
    ['localhost:5000', 'http://localhost:5000/sql'],
    ['127.0.0.1:5000', 'http://127.0.0.1:5000/sql'],
    ['127.1:5000', 'http://127.0.0.1:5000/sql'],
    ['[::1]:5000', 'http://[::1]:5000/sql'],
    ['db.localtest.me', 'http://db.localtest.me:4444/sql'],
  ])('%s', (host, endpoint) => {
    expect(resolveDatabase(`postgresql://u:p@${host}/db?sslmode=require`)).toEqual({
      url: expect.stringContaining('postgresql://u:p@'),
      endpoint,
    })
  })
})

/** What the driver would post the password of to somebody else, or what is meant to look like Neon. */
const STRANGERS = [
  'db.example.com',
  'db.project.supabase.co',
  'mydb.abc.eu-central-1.rds.amazonaws.com',
  'neon.tech',
  'neon.tech.',
  `${NEON}.`,
  `${NEON}.evil.example`,
  'evilneon.tech',
  'ep-x.evilneon.tech',
  'ep-x.neon.tech.evil.example',
  'ep-x.neon.techs',
  'ep-x.neon-tech',
  'ep_x.neon.tech',
  '.neon.tech',
  'a..neon.tech',
  'ep-x.neon.tech%2eevil.example',
  'evil.example%23.neon.tech',
  'ep-x.nеon.tech',
  '0.0.0.0',
  '10.0.0.1',
  '[::]',
  '[::ffff:127.0.0.1]',
  'localhost.evil.example',
  'db.localhost',
  'localtest.me',
  'x.db.localtest.me',
  '127.0.0.1.evil.example',
  '2130706433.evil.example',
]

describe('to no other host, whatever it looks like (row 96)', () => {
  test.each(STRANGERS)('%s', (host) => {
    const found = resolveDatabase(`postgresql://u:canary@${host}/db`)
    expect(found).toEqual({ problem: expect.any(String) })
    expect(JSON.stringify(found)).not.toContain('canary')
  })

  // Where one grammar ends the host, the other goes on: the driver's decides.
  test.each([
    `postgresql://u:p@evil.example\\@${NEON}/db`,
    `postgresql://u:p@evil.example/@${NEON}/db`,
    `postgresql://u:p@evil.example?@${NEON}/db`,
    `postgresql://u:p@evil.example#@${NEON}/db`,
    `postgresql://u:p@evil.example:5432\\.neon.tech/db`,
    `postgresql://u:p@ev\til.example/db#.neon.tech`,
    `postgresql://${NEON}:p@evil.example/db`,
    `postgresql://u:p@evil.example,${NEON}/db`,
  ])('%j', (url) => {
    expect(resolveDatabase(url)).toEqual({ problem: expect.any(String) })
  })
})

test.each([
  ['postgresql://localhost/db', /needs a user/],
  ['postgresql://u@localhost/db', /needs a user/],
  ['postgresql://u:p@localhost', /needs a user/],
  ['postgresql://u:p@localhost/', /needs a user/],
  ['postgresql://u:p@/db', /needs a user/],
  ['postgresql:u:p@localhost/db', /must start with/],
  ['mysql://u:p@localhost/db', /must start with/],
  ['https://u:p@localhost/db', /must start with/],
  ['', /must start with/],
  [`postgresql://u:p@${NEON}/db?sslmode=disable`, /must not allow plain text/],
  [`postgresql://u:p@${NEON}/db?sslmode=require&sslmode=PREFER`, /must not allow plain text/],
])('what is no connection string is said to be none: %s', (url, problem) => {
  expect(resolveDatabase(url)).toEqual({ problem: expect.stringMatching(problem) })
})

test('with an endpoint of its own, any host is taken and the endpoint alone is asked', () => {
  for (const host of ['db.example.com', '10.0.0.1', NEON]) {
    expect(resolveDatabase(`postgres://u:p@${host}:6543/db`, 'https://proxy.example.com/sql')).toEqual({
      url: `postgresql://u:p@${host}:6543/db`,
      endpoint: 'https://proxy.example.com/sql',
    })
  }
})

import { once } from 'node:events'
import { createServer } from 'node:http'
import { describe, expect, test } from 'vitest'
import { createReadableLog, readableLine } from '../../local/readable-log.ts'

const time = new Date(2026, 10, 25, 12, 1, 2)
const request = {
  ...{ event: 'request', method: 'POST', route: '/login', status: 200, duration_ms: 131.4, queries: 2 },
  request_id: 'an-id',
}

describe('the log of npm run dev', () => {
  test('a request is one line to read', () => {
    const line = (more: object) => readableLine(JSON.stringify({ ...request, ...more }), time)
    expect(line({})).toBe('12:01:02 POST /login 200 131 ms 2 queries')
    expect(line({ queries: 1 })).toBe('12:01:02 POST /login 200 131 ms 1 query')
    expect(line({ route: null, status: 404 })).toBe('12:01:02 POST (no route) 404 131 ms 2 queries')
  })

  test.each([
    '{"event":"request_failed","code":"internal_error","causes":[]}',
    '{"event":"request"}',
    "Restarting 'src/node.ts'",
    '{"half":',
    'null',
    '',
    '\tat file.ts:1:1 \u001b[31mred\u001b[39m ünïcode',
  ])('anything else stays as it is: %j', (line) => {
    expect(readableLine(line, time)).toBe(line)
  })

  test.each([
    ['a\u001b]0;canary\u0007b', 'a\\x1b]0;canary\\x07b'],
    ['a\u001b[2Jb', 'a\\x1b[2Jb'],
    ['a\u009b2Jb\u007f\r', 'a\\x9b2Jb\\x7f\\x0d'],
    [JSON.stringify({ ...request, route: '/\u001b[2J' }), '12:01:02 POST /\\x1b[2J 200 131 ms 2 queries'],
  ])('what a terminal would obey is escaped: %j', (line, expected) => {
    expect(readableLine(line, time)).toBe(expected)
  })

  test('its own health checks are not shown, and all others are', async () => {
    const lines: string[] = []
    const log = createReadableLog(
      (line) => lines.push(line),
      () => time,
    )
    const health = JSON.stringify({ ...request, method: 'GET', route: '/health', queries: 0 })
    const server = createServer((_, response) => {
      log.print('{"event":"listening","port":8000}')
      log.print(health)
      response.end()
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    expect(await log.probe('http://127.0.0.1:1/health')).toBeNull()
    expect((await log.probe(`http://127.0.0.1:${port}/health`))?.ok).toBe(true)
    expect(lines).toEqual([])
    log.print(health)
    expect(lines).toEqual(['12:01:02 GET /health 200 131 ms 0 queries'])
    server.close()
  })
})

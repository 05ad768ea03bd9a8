import { connect } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { fetchUnderNode } from '../../src/node/database-fetch.ts'
import { start } from '../support/process.ts'

/**
 * Listens and never accepts: its one thread waits for ever, and the system queues two connections at most.
 */
const DEAF = `
  const server = require('node:net').createServer().listen(0, '127.0.0.1', 1, () => {
    require('node:fs').writeSync(1, 'port ' + server.address().port + '\\n')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  })`

test('a statement that gets no connection ends when its time is over', async () => {
  const server = start('-e', { args: [DEAF], env: {} })
  onTestFinished(async () => {
    await server.interrupt('SIGKILL')
  })
  await server.until(/port \d+/)
  const port = Number(/port (\d+)/.exec(server.output())?.[1])
  const queue = Array.from({ length: 4 }, () => connect(port, '127.0.0.1').on('error', () => {}))
  onTestFinished(() => {
    for (const socket of queue) socket.destroy()
  })
  await new Promise((resolve) => setTimeout(resolve, 200))
  const began = performance.now()
  const answer = fetchUnderNode(`http://127.0.0.1:${port}/sql`, {
    ...{ method: 'POST', headers: {}, body: '{}', redirect: 'manual' },
    signal: AbortSignal.timeout(300),
  })
  await expect(answer).rejects.toThrow(/timeout/i)
  // It is ten seconds where the signal is not heard.
  expect(performance.now() - began).toBeLessThan(5000)
})

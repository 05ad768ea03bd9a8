import { describe, expect, test } from 'vitest'
import { AppError } from '../../src/errors.ts'
import { type AdmissionOptions, createAdmission } from '../../src/limits/admission.ts'

/** Time moves when a test says so; whoever sleeps looks again at once. */
function start(options: Partial<AdmissionOptions> = {}) {
  const clock = { now: 0 }
  const looks = { count: 0 }
  const admission = createAdmission({
    running: 1,
    waiting: 4,
    deadlineMilliseconds: 5000,
    leaseMilliseconds: Number.POSITIVE_INFINITY,
    now: () => clock.now,
    sleep: () => {
      looks.count++
      return new Promise((resolve) => setTimeout(resolve, 0))
    },
    ...options,
  })
  const order: string[] = []
  const finish = new Map<string, () => void>()
  /** Work that ends when it is told to. */
  const enter = (network: string, name = network) => {
    const result = admission.run(network, () => {
      order.push(name)
      return new Promise<string>((resolve) => finish.set(name, () => resolve(name)))
    })
    // What a test expects of it comes later.
    result.catch(() => {})
    return result
  }
  const turns = async () => {
    for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setTimeout(resolve, 0))
  }
  const end = async (name: string) => {
    finish.get(name)?.()
    await turns()
  }
  return { admission, clock, looks, order, enter, end, turns }
}

const overloaded = (error: unknown) => error instanceof AppError && error.code === 'overloaded'
const refusal = async (result: Promise<unknown>) => {
  const error = await result.then(
    () => null,
    (reason: unknown) => reason,
  )
  expect(overloaded(error)).toBe(true)
  return error as AppError
}

describe('admission of costly work', () => {
  test('runs so many at a time and no more, and asks nobody to wait who need not', async () => {
    const { order, enter, end, looks, turns } = start({ running: 2 })
    void enter('a')
    void enter('b')
    await turns()
    expect([order, looks.count]).toEqual([['a', 'b'], 0])
    void enter('c')
    await turns()
    expect(order).toEqual(['a', 'b'])
    await end('a')
    expect(order).toEqual(['a', 'b', 'c'])
  })

  test('returns the result of the work, and throws its error', async () => {
    const { admission } = start()
    expect(await admission.run('a', () => Promise.resolve(1))).toBe(1)
    await expect(admission.run('a', () => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
    // The place of what failed is free again.
    expect(await admission.run('a', () => Promise.resolve(2))).toBe(2)
  })

  test('networks take turns: a flood waits behind itself, and others pass it (row 91)', async () => {
    const { order, enter, end, turns } = start({ waiting: 10 })
    for (const name of ['f1', 'f2', 'f3', 'f4']) void enter('flood', name)
    for (const name of ['g1', 'g2']) void enter('other flood', name)
    await turns()
    await end('f1')
    expect(order).toEqual(['f1', 'g1'])
    void enter('honest')
    await end('g1')
    expect(order).toEqual(['f1', 'g1', 'honest'])
    for (const name of ['honest', 'f2', 'g2', 'f3']) await end(name)
    expect(order).toEqual(['f1', 'g1', 'honest', 'f2', 'g2', 'f3', 'f4'])
  })

  test('in a full queue, the network with the most requests loses its latest to one with fewer', async () => {
    const { order, enter, end, turns } = start()
    void enter('running')
    const flood = ['f1', 'f2', 'f3', 'f4'].map((name) => enter('flood', name))
    await turns()
    const honest = enter('honest')
    await refusal(flood[3] as Promise<unknown>)
    for (const name of ['running', 'f1', 'honest']) await end(name)
    expect(await honest).toBe('honest')
    expect(order).not.toContain('f4')
  })

  test('refuses at once what a full queue would refuse, and starts no work', async () => {
    const { admission, order, enter, turns } = start()
    void enter('running')
    for (const name of ['f1', 'f2', 'f3', 'f4']) void enter('flood', name)
    await turns()
    expect(() => admission.assertRoom('flood')).toThrow('overloaded')
    expect(() => admission.assertRoom('honest')).not.toThrow()
    await refusal(enter('flood', 'f5'))
    expect(order).toEqual(['running'])
  })

  test('gives up at the deadline, not just before; Retry-After is how long the queue takes', async () => {
    const { clock, enter, turns, order } = start({ waiting: 100 })
    void enter('running')
    const late = enter('late')
    for (let more = 0; more < 98; more++) void enter('flood', `f${more}`)
    let ended = false
    void late.catch(() => (ended = true))
    for (let time = 1000; time < 5000; time += 500) {
      clock.now = time
      await turns()
    }
    clock.now = 4999
    await turns()
    expect(ended).toBe(false)
    clock.now = 5000
    const error = await refusal(late)
    // A hundred, each a tenth of a second and a half.
    expect(error.retryAfterSeconds).toBeGreaterThanOrEqual(1)
    expect(error.retryAfterSeconds).toBeLessThanOrEqual(15)
    expect(order).toEqual(['running'])
  })

  test('the place of a vanished request is free after its lease, and the queue forgets it', async () => {
    const vanished = start({ leaseMilliseconds: 1000 })
    void vanished.enter('vanished')
    const next = vanished.enter('next')
    await vanished.turns()
    expect(vanished.order).toEqual(['vanished'])
    vanished.clock.now = 999
    await vanished.turns()
    expect(vanished.order).toEqual(['vanished'])
    vanished.clock.now = 1000
    await vanished.turns()
    expect(vanished.order).toEqual(['vanished', 'next'])
    await vanished.end('next')
    expect(await next).toBe('next')

    let asleep = false
    const { clock, enter, end, order, turns } = start({
      sleep: () => (asleep ? new Promise(() => {}) : new Promise((resolve) => setTimeout(resolve, 0))),
    })
    void enter('running')
    asleep = true
    // Its runtime dropped the request: it never looks again.
    void enter('gone')
    asleep = false
    const patient = enter('patient')
    await turns()
    clock.now = 900
    await turns()
    clock.now = 1500
    await turns()
    await end('running')
    expect(order).toEqual(['running', 'patient'])
    await end('patient')
    expect(await patient).toBe('patient')
  })

  test('a pause of the whole process loses nobody who waits', async () => {
    const { clock, enter, end, turns, order } = start()
    void enter('running')
    const waiting = ['a', 'b', 'c'].map((name) => enter(name))
    await turns()
    clock.now = 1300
    await turns()
    for (const name of ['running', 'a', 'b', 'c']) await end(name)
    expect(order).toEqual(['running', 'a', 'b', 'c'])
    expect(await Promise.all(waiting)).toEqual(['a', 'b', 'c'])
  })

  test('a full queue that all share evenly refuses the next of any of them', async () => {
    const { enter, turns } = start()
    void enter('running')
    await turns()
    const waiting = ['a', 'a', 'b', 'b'].map((network, index) => enter(network, `${network}${index}`))
    await refusal(enter('a', 'one more'))
    await turns()
    // Nobody had to go for it.
    const settled = await Promise.race([...waiting, Promise.resolve('all wait')])
    expect(settled).toBe('all wait')
  })

  test('in a queue full of single requests, one without a recent turn replaces one that had it', async () => {
    const { enter, end, turns, order } = start()
    // Each has had a turn.
    for (const name of ['f1', 'f2', 'f3', 'f4', 'f5']) {
      void enter(name)
      await turns()
      await end(name)
    }
    const flood = ['f1', 'f2', 'f3', 'f4', 'f5'].map((name) => enter(name))
    await turns()
    const honest = enter('honest')
    await refusal(flood[4] as Promise<unknown>)
    await end('f1')
    await end('honest')
    expect(await honest).toBe('honest')
    expect(order.slice(5)).toEqual(['f1', 'honest', 'f2'])
  })
})

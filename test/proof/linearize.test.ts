import { describe, expect, test } from 'vitest'
import { linearize, type Ran, type Step } from './model/linearize.ts'

/** A number that one can add to, in one step or in two: read, then write what was read plus one. */
type Counter = { value: number }

const add: Step<Counter, number>[] = [
  (state) => {
    state.value++
    return state.value
  },
]
const addInTwo: Step<Counter, number>[] = [
  (state, local) => {
    local['read'] = state.value
    return undefined
  },
  (state, local) => {
    state.value = Number(local['read']) + 1
    return state.value
  },
]
const read: Step<Counter, number>[] = [({ value }) => value]

type Line = [client: string, name: string, interval: [number, number], response: number]
const STEPS = { add, addInTwo, read }

const check = (...lines: Line[]) =>
  linearize(
    { value: 0 },
    lines.map(
      ([client, name, [begin, end], response]): Ran<Counter, number> => ({
        ...{ client, name, begin, end, response },
        steps: STEPS[name as keyof typeof STEPS],
      }),
    ),
  )

describe('a history has an order', () => {
  test('if it is one client’s', () => {
    expect(check(['a', 'add', [0, 1], 1], ['a', 'read', [2, 3], 1]).isLinearizable).toBe(true)
  })

  test('if what began later took effect first', () => {
    expect(check(['a', 'add', [0, 9], 2], ['b', 'add', [1, 2], 1]).isLinearizable).toBe(true)
  })

  test('if a read at the same time saw the value before, or the one after', () => {
    for (const seen of [0, 1]) {
      expect(check(['a', 'add', [0, 5], 1], ['b', 'read', [1, 2], seen]).isLinearizable).toBe(true)
    }
  })

  test('if the steps of another one lie between the two of one', () => {
    const lost = check(['a', 'addInTwo', [0, 9], 1], ['b', 'addInTwo', [1, 8], 1], ['c', 'read', [10, 11], 1])
    expect(lost.isLinearizable).toBe(true)
  })
})

describe('a history has none', () => {
  test('if a value was read after its end that was gone by then', () => {
    const stale = check(['a', 'add', [0, 1], 1], ['b', 'read', [2, 3], 0])
    expect(stale).toEqual({
      isLinearizable: false,
      report: `No order of these operations gives these responses:
  0.00–1.00  a: add → 1
  2.00–3.00  b: read → 0
The longest prefix that has an order:
  a: add
What fits nowhere after it:
  b: read
      the model:  1
      the answer: 0`,
    })
  })

  test('if two got what only one can get', () => {
    expect(check(['a', 'add', [0, 5], 1], ['b', 'add', [0, 5], 1]).isLinearizable).toBe(false)
  })

  test('if one step would have to be two', () => {
    const lost = check(['a', 'add', [0, 9], 1], ['b', 'add', [1, 8], 2], ['c', 'read', [10, 11], 1])
    expect(lost.isLinearizable).toBe(false)
  })

  test('if a step would lie outside its interval', () => {
    const late = check(['a', 'addInTwo', [0, 1], 1], ['b', 'add', [2, 3], 1])
    expect(late.isLinearizable).toBe(false)
  })

  test('if the readings of one client go back', () => {
    const back = check(['a', 'add', [0, 9], 1], ['b', 'read', [1, 2], 1], ['b', 'read', [3, 4], 0])
    expect(back.isLinearizable).toBe(false)
  })
})

test('a search that gets no verdict says so, and does not pass', () => {
  const ran = (name: 'add' | 'read', index: number): Ran<Counter, number> => {
    const [begin, end] = name === 'read' ? [10, 11] : [0, 1]
    return {
      client: `${index}`,
      name,
      begin,
      end,
      response: name === 'read' ? 99 : index,
      steps: STEPS[name],
    }
  }
  const adds = [1, 2, 3, 4].map((index) => ran('add', index))
  expect(() => linearize({ value: 0 }, [...adds, ran('read', 5)], { maxNodes: 3 })).toThrow('No verdict')
})

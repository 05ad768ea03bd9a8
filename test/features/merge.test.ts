import { expect, test } from 'vitest'
import { mergeFeatures } from '../../src/features/merge.ts'
import { integer } from '../../src/features/rules.ts'
import { ERRORS, EVENTS, PERMISSIONS, PURGES, VARIABLES } from '../../src/features.ts'

const one = {
  errors: { not_here: { status: 404, title: 'Not here', advice: 'Look elsewhere.' } },
  events: { looked: { meaning: 'Somebody looked.' } },
  permissions: { 'things:read': 'Read things.' },
  variables: { THINGS: { rule: integer(1, 9), unit: 'things', default: '1', reason: 'how many' } },
} as const
const other = { permissions: { 'things:write': 'Write things.' } } as const

test('a part of all features is one table', () => {
  expect(mergeFeatures([one, other], 'permissions')).toEqual({
    'things:read': 'Read things.',
    'things:write': 'Write things.',
  })
  expect(mergeFeatures([one, other], 'errors')).toEqual(one.errors)
})

test.each(['errors', 'events', 'permissions', 'variables'] as const)(
  'a name that two features declare among their %s stops the start',
  (part) => {
    const [name] = Object.keys(one[part])
    expect(() => mergeFeatures([one, { ...other, ...one }], part)).toThrow(
      `Two features declare ${name} among their ${part}`,
    )
  },
)

test('names are written as what they name', () => {
  const names = (table: object) => Object.keys(table)
  for (const name of names(VARIABLES)) expect(name).toMatch(/^[A-Z]+(_[A-Z]+)*$/)
  for (const name of [...names(ERRORS), ...names(EVENTS)]) expect(name).toMatch(/^[a-z]+(_[a-z]+)*$/)
  for (const name of names(PERMISSIONS)) expect(name).toMatch(/^[a-z]+:[a-z]+$/)
  expect(names(PURGES).sort()).toEqual(['budgets', 'deliveries', 'events', 'sessions', 'tokens'])
})

test('every default is a value that its own rule accepts', () => {
  for (const [name, variable] of Object.entries(VARIABLES)) {
    if ('default' in variable) expect(variable.rule.safeParse(variable.default).success, name).toBe(true)
  }
})

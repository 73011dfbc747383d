import { expect, test } from 'vitest'
import type { Statement } from '../../lib/aws/access.ts'
import { PERMISSIONS, statementsOf } from '../../plugins/functions/permissions.ts'
import { describeService } from '../support/service-description.ts'

const deployment = { prefix: 'PREFIX', mailFrom: 'SENDER' }

/** Returns a statement as one line. */
const lineOf = ({ Action, Resource, Condition = {} }: Statement): string =>
  [Action.join(' '), ...Resource.map(textOf), ...Object.entries(Condition).map(conditionOf)].join(' | ')

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

const conditionOf = ([operator, keys]: [string, Record<string, string | string[]>]) =>
  Object.entries(keys)
    .map(([key, values]) => `${operator} ${key}: ${[values].flat().toSorted().join(' ')}`)
    .join(' | ')

test('each permission is as it was reviewed', async () => {
  const lines = Object.keys(PERMISSIONS)
    .sort()
    .map((name) => `${name}: ${statementsOf([name], deployment).map(lineOf).join()}\n`)
  expect(lines.length).toBeGreaterThan(50)
  await expect(lines.join('')).toMatchFileSnapshot('permissions.txt')
})

test('each permission is a function’s', () => {
  const used = Object.values(describeService().functions).flatMap(({ may = [] }) => may)
  expect(Object.keys(PERMISSIONS).filter((name) => !used.includes(name))).toEqual([])
})

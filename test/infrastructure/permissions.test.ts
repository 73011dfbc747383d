import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { arnOf, type Statement } from '../../lib/aws/access.ts'
import { PERMISSIONS, statementsOf } from '../../plugins/functions/permissions.ts'
import { CHECKS } from '../../scripts/smoke/checks/checks.ts'
import { describePlaces } from '../drain/places.ts'
import { describeService } from '../support/process/service-description.ts'
import { CONDITION_KEYS } from './condition-keys.ts'
import { statementsByRole } from './smoke-statements.ts'

const deployment = { prefix: 'PREFIX', mailFrom: 'SENDER', oldPool: 'REGION_POOL', bindsDevices: true }

test('each permission is as it was reviewed', async () => {
  const lines = Object.keys(PERMISSIONS)
    .sort()
    .map((name) => `${name}: ${statementsOf([name], deployment).map(lineOf).join()}\n`)
  expect(lines.length).toBeGreaterThan(50)
  await expect(lines.join('')).toMatchFileSnapshot('permissions.txt')
})

test('AWS lists each condition key of a statement for each of its actions', () => {
  const unlisted = Object.keys(PERMISSIONS).flatMap((name) =>
    statementsOf([name], deployment).flatMap(({ Action, Condition = {} }) => {
      const keys = Object.values(Condition).flatMap(Object.keys)
      return Action.flatMap((action) =>
        keys
          .filter((key) => !CONDITION_KEYS[action]?.includes(key))
          .map((key) => `${name}: ${action} ${key}`),
      )
    }),
  )
  expect(unlisted).toEqual([])
})

test('functions may add events in transactions only, and two may read those of users', () => {
  const { functions } = describeService()
  const onEvents = Object.entries(functions).flatMap(([key, { may = [] }]) =>
    statementsOf(may, deployment)
      .filter(({ Resource }) => textOf(Resource[0]) === textOf(arnOf('Events')))
      .map((statement) => ({ key, statement })),
  )
  const isAddition = ({ Action, Condition }: Statement) =>
    Action.join() === 'dynamodb:PutItem' &&
    textOf(Condition?.['ForAnyValue:StringEquals']) ===
      textOf({ 'dynamodb:EnclosingOperation': ['TransactWriteItems'] })
  const others = onEvents.filter(({ statement }) => !isAddition(statement))
  expect(others.map(({ key, statement }) => `${key} ${statement.Action}`)).toEqual([
    'me dynamodb:Query',
    'admin-read dynamodb:Query',
  ])
  expect(new Set(onEvents.map(({ key }) => key)).size).toBeGreaterThan(12)
})

test('only administrators may write attributes of users', () => {
  const writes = Object.keys(PERMISSIONS).flatMap((name) =>
    statementsOf([name], deployment)
      .filter(({ Action }) => Action.some((one) => /^dynamodb:(?:Put|Update|BatchWrite)/.test(one)))
      .map(({ Condition }) => ({
        name,
        names: Condition?.['ForAllValues:StringEquals']?.['dynamodb:Attributes'],
      })),
  )
  const onEvents = ['recordEvents', 'recordFreedNames', 'recordSearches', 'recordInvitations']
  const unlimited = writes.filter(({ names }) => names === undefined).map(({ name }) => name)
  expect(unlimited).toEqual(onEvents)
  expect(writes.filter(({ names }) => names?.includes('attributes')).map(({ name }) => name)).toEqual([
    'changeAdministered',
  ])
  expect(writes.length).toBeGreaterThan(30)
})

test('the table of what npm run smoke reaches has each statement of each role', () => {
  const table = readFileSync(new URL('smoke-reach.txt', import.meta.url), 'utf8')
    .trim()
    .split('\n')
  const roles = statementsByRole(describeService()).map(({ functionKey, name }) => `${functionKey} ${name}`)
  expect(table.map((line) => line.split(': ')[0])).toEqual(roles)
  const checks = table.map((line) => line.replace(/^[^:]+: /, '')).filter((name) => !name.startsWith('- '))
  expect(checks.filter((name) => !Object.hasOwn(CHECKS, name))).toEqual([])
})

test('each permission is a function’s', () => {
  const all = [describeService(), describeService({ mailSignIn: 'off' }), ...Object.values(describePlaces())]
  const used = all.flatMap(({ functions }) => Object.values(functions)).flatMap(({ may = [] }) => may)
  expect(Object.keys(PERMISSIONS).filter((name) => !used.includes(name))).toEqual([])
})

/** Returns a statement as one line. */
const lineOf = ({ Action, Resource, Condition = {} }: Statement): string =>
  [Action.join(' '), ...Resource.map(textOf), ...Object.entries(Condition).map(conditionOf)].join(' | ')

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

const conditionOf = ([operator, keys]: [string, Record<string, string | string[]>]) =>
  Object.entries(keys)
    .map(([key, values]) => `${operator} ${key}: ${[values].flat().toSorted().join(' ')}`)
    .join(' | ')

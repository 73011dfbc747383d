import { afterEach, expect, test } from 'vitest'
import config from '../../../auth.config.ts'
import type { DelegablePermission } from '../../../project/permissions.ts'
import { mayActAs } from './live-act.ts'

const { can } = config

afterEach(() => {
  Object.assign(config, { can })
})

test.each([
  ['support', 'user', true],
  ['admin', 'user', true],
  ['support', 'admin', false],
  ['support', 'support', false],
  ['admin', 'support', false],
  ['admin', 'admin', false],
  ['user', 'user', false],
  ['nobody', 'user', false],
  ['admin', 'former', false],
])('%s may act as %s: %s', (operator, role, expected) => {
  expect(mayActAs(operator, role)).toBe(expected)
})

test.each<[string, object]>([
  ['act-as from the role', { support: { over: ['user'], may: ['users:read'] } }],
  ['the user from `over`', { support: { over: [], may: ['act-as'] } }],
  ['all from the role', {}],
  [
    'the user out, by a permission',
    { ...can, user: { over: [], may: ['users:read' satisfies DelegablePermission] } },
  ],
])('a deployment that takes %s ends each act', (_what, narrowed) => {
  expect(mayActAs('support', 'user')).toBe(true)
  Object.assign(config, { can: narrowed })
  expect(mayActAs('support', 'user')).toBe(false)
})

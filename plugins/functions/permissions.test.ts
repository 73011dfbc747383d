import { expect, test } from 'vitest'
import { PERMISSIONS, permit, statementsOf } from './permissions.ts'

const deployment = { prefix: 'app-prod-auth', mailFrom: 'no-reply@example.org', drain: { pool: '', url: '' } }

function permitted(functions: Parameters<typeof permit>[0]['functions']) {
  return permit({ custom: { auth: deployment }, functions })
}

test('a function gets the statements of its names, and then its own', () => {
  const own = { Effect: 'Allow', Action: ['s3:GetObject'], Resource: ['*'] }
  const { faults, statements } = permitted({
    login: { may: ['readKeys', 'invokeMailer'] },
    own: { may: ['readKeys'], iamRoleStatements: [own] },
    content: {},
  })
  expect(faults).toEqual([])
  expect(statements.login).toEqual(statementsOf(['readKeys', 'invokeMailer'], deployment))
  expect(statements.own).toEqual([PERMISSIONS.readKeys, own])
  expect(statements.content).toEqual([])
})

test('an unknown name is refused with a suggestion', () => {
  const { faults, statements } = permitted({ login: { may: ['readKey', 'toString'] } })
  expect(faults).toEqual([
    'Function login may not "readKey". Did you mean readKeys?',
    expect.stringMatching(/^Function login may not "toString"\./),
  ])
  expect(statements.login).toBeUndefined()
})

test('a role that IAM would not take is refused', () => {
  const all = Object.keys(PERMISSIONS)
  const { faults } = permitted({ everything: { may: all } })
  expect(faults).toEqual([
    expect.stringMatching(
      /^The role of function everything has about \d{5} characters\. IAM takes 10240 with logging and tracing\.$/,
    ),
  ])
})

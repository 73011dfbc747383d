import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LocalAws, startLocalAws } from '../local/aws.ts'
import { describeService, resourcesOf } from '../test/support/service-description.ts'
import { type AwsCall, awsClient } from './aws.ts'
import { addUser, findUser } from './store.ts'
import type { User } from './users.ts'

const service = describeService()
const table = service.custom.tableName
let local: LocalAws
let aws: AwsCall

beforeAll(async () => {
  local = await startLocalAws(resourcesOf(service), service.provider.region, 0)
  aws = awsClient(local.settings)
})
afterAll(() => local.stop())

const soon = () => Date.now() + 4_500
const ada: User = {
  username: 'ada',
  role: 'admin',
  passwordHash: '$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA',
  disabled: false,
  createdAt: '2026-11-24T15:00:00.000Z',
  changedAt: '2026-11-24T15:00:00.000Z',
}

test('a user that was added is found, and a name that nobody has is not', async () => {
  expect(await findUser(aws, table, 'ada', soon())).toBeUndefined()
  expect(await addUser(aws, table, ada, soon())).toBe(true)
  expect(await findUser(aws, table, 'ada', soon())).toEqual(ada)
})

test('a name can be taken once: whoever comes later changes nothing', async () => {
  const grace: User = { ...ada, username: 'grace', role: 'user', disabled: true }
  const added = await Promise.all([1, 2, 3].map(() => addUser(aws, table, grace, soon())))
  expect(added.filter(Boolean)).toHaveLength(1)
  expect(await addUser(aws, table, { ...grace, role: 'admin' }, soon())).toBe(false)
  expect(await findUser(aws, table, 'grace', soon())).toEqual(grace)
})

test('a table that is not there is not a user that is not there', async () => {
  const missing = { code: 'unavailable', cause: { name: 'ResourceNotFoundException' } }
  await expect(findUser(aws, 'missing', 'ada', soon())).rejects.toMatchObject(missing)
  await expect(addUser(aws, 'missing', ada, soon())).rejects.toMatchObject(missing)
})

describe('a stored profile is refused as broken', () => {
  const whole = {
    pk: { S: 'user#broken' },
    sk: { S: 'profile' },
    role: { S: 'admin' },
    passwordHash: { S: ada.passwordHash },
    disabled: { BOOL: false },
    createdAt: { S: ada.createdAt },
    changedAt: { S: ada.changedAt },
  }
  const { role: _, ...withoutRole } = whole
  const { disabled: __, ...withoutDisabled } = whole

  test.each<[string, object]>([
    ['without a role', withoutRole],
    ['with a role that is none', { ...whole, role: { S: 'root' } }],
    ['with a list of roles', { ...whole, role: { SS: ['admin'] } }],
    ['without saying whether it is disabled', withoutDisabled],
    ['with text for that', { ...whole, disabled: { S: 'false' } }],
    ['with a hash that is no text', { ...whole, passwordHash: { N: '7' } }],
    ['with a time that is no text', { ...whole, createdAt: { N: '7' } }],
    ['with a time of change that is no text', { ...whole, changedAt: { NULL: true } }],
  ])('%s', async (_what, Item) => {
    await aws('dynamodb', 'PutItem', { TableName: table, Item }, soon())
    await expect(findUser(aws, table, 'broken', soon())).rejects.toMatchObject({
      code: 'unavailable',
      message: 'the store holds a profile that is none',
    })
  })
})

import { expect, test } from 'vitest'
import type { AwsCall } from '../lib/aws/client.ts'
import { faultsOfRemains } from './remains.ts'

const NAMES = { tableName: 'auth-prod', aliases: ['alias/auth-prod-a', 'alias/auth-prod-factors'] }

/** An account in which some tables and keys exist. */
const accountWith =
  (...existing: string[]): AwsCall =>
  async (_service, _operation, input) => {
    const { TableName, KeyId } = input as { TableName?: string; KeyId?: string }
    if (!existing.includes(String(TableName ?? KeyId))) throw new Error('ResourceNotFoundException')
    return {}
  }

const remains = (what: string) =>
  `There is no stack, but ${what} remains of an earlier one. See "Removal" in docs/DEPLOYING.md.`

test.each([
  ['nothing', [], []],
  ['the table', ['auth-prod'], [remains('the table auth-prod')]],
  [
    'the table and the key of factors',
    ['auth-prod', 'alias/auth-prod-factors', 'alias/other-prod-a'],
    [remains('the table auth-prod'), remains('the key alias/auth-prod-factors')],
  ],
])('a first deployment is rejected because of %s that exists', async (_, existing, faults) => {
  expect(await faultsOfRemains(accountWith(...existing), NAMES)).toEqual(faults)
})

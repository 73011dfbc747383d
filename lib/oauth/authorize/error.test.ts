import { expect, test } from 'vitest'
import { APP_URL } from '../../../test/oauth/document-host.ts'
import { useTable } from '../../../test/support/aws/table.ts'
import { transact } from '../../aws/dynamodb.ts'
import { approvalOf } from '../grants/app.ts'
import { ACCESS_DENIED, LOGIN_REQUIRED, mayErrorLead } from './error.ts'

const { table } = await useTable()

test('an error says what the user must do, or has done', () => {
  expect([LOGIN_REQUIRED, ACCESS_DENIED]).toEqual([
    { error: 'login_required', description: 'The user must sign in.' },
    { error: 'access_denied', description: 'The user has cancelled.' },
  ])
})

test('an error leads to a URL only if the user who is signed in has allowed it', async () => {
  const [registered, stranger] = [
    { id: 'shop', generation: 7 },
    { id: APP_URL, generation: 7 },
  ]
  const leads = async (userId?: string) => [
    await mayErrorLead(table, registered, userId),
    await mayErrorLead(table, stranger, userId),
  ]
  const approval = { userId: 'ada', client: stranger, scopes: ['openid'], generation: 3 }
  expect(await leads('ada')).toEqual([true, false])
  await transact(table, [approvalOf(undefined, approval, new Date()).write])
  expect([await leads('ada'), await leads('grace'), await leads()]).toEqual([
    [true, true],
    [true, false],
    [true, false],
  ])
})

import { beforeAll, expect, test, vi } from 'vitest'
import { MEASURED } from '../../bench/aws.ts'
import { fillTokens } from '../../local/tokens.ts'
import { startProxy } from '../support/aws/aws-proxy.ts'
import { useAws } from '../support/aws/table.ts'
import { loadHandler } from '../support/http/handlers.ts'
import { lambdaContext, sampleEvent } from '../support/http/lambda.ts'
import { SAMPLES } from '../support/http/sample-events.ts'
import { describeService, tableOf, tokenSourceOf } from '../support/process/service-description.ts'
import { isProof } from '../support/rows.ts'
import { addTestUser } from '../support/users/users.ts'

const service = describeService()

/** Operations of DynamoDB in one call of each function, in their order. */
type Calls = Record<string, string[]>
let callsWithFew: Calls
let callsWithMany: Calls

beforeAll(async () => {
  vi.spyOn(console, 'info').mockReturnValue()
  callsWithFew = await countCalls(0)
  callsWithMany = await countCalls(isProof ? 500 : 20)
})

/** @param userCount - Number of users in the table, in addition to the demo users. */
async function countCalls(userCount: number): Promise<Calls> {
  const aws = await useAws(service)
  const table = tableOf(service, aws)
  for (let index = 0; index < userCount; index += 1) {
    await addTestUser(table, { username: `user-${index}`, passwordHash: '$argon2id$' })
  }
  const proxy = await startProxy(aws.settings.endpoints.dynamodb)
  const endpoints = { ...aws.settings.endpoints, dynamodb: proxy.url }
  const counted = { ...aws, settings: { ...aws.settings, endpoints } }
  const calls: Calls = {}
  for (const [name, { functionKey }] of Object.entries(SAMPLES)) {
    if (name !== (MEASURED[functionKey] ?? functionKey)) continue
    const handler = await loadHandler(service, functionKey, counted)
    const event = await fillTokens(sampleEvent(name), tokenSourceOf(service, aws), new Date())
    proxy.calls.length = 0
    // Calls have no timeout, so that a busy machine causes no second attempts.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    await handler(event, lambdaContext())
    vi.useRealTimers()
    calls[functionKey] = [...proxy.calls]
  }
  proxy.close()
  return calls
}

test('every function makes the same calls of DynamoDB with more users in the table', () => {
  expect(callsWithMany).toEqual(callsWithFew)
})

test('no function scans the table, and only lists of one user query it', () => {
  const withOperation = (operation: string) =>
    Object.keys(callsWithFew).filter((functionKey) => callsWithFew[functionKey]?.includes(operation))
  expect(withOperation('Scan')).toEqual([])
  expect(withOperation('Query').toSorted()).toEqual([
    'delete-me',
    'federation',
    'identities',
    'passkeys',
    'reset',
    'sessions',
  ])
})

test('a sign-in with a passkey reads its challenge, the passkey and the user', () => {
  expect(callsWithFew['login-passkey']).toEqual(Array(3).fill('BatchGetItem'))
})

test('a login reserves in three counters, reads twice, gives back, marks the source and stores a session', () => {
  const counters = Array(7).fill('UpdateItem')
  expect(callsWithFew.login?.toSorted()).toEqual([
    'BatchGetItem',
    'BatchGetItem',
    'TransactWriteItems',
    ...counters,
  ])
})

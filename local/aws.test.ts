import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import { ROLES } from '../lib/application/roles.ts'
import { awsClient, withTimeout } from '../lib/aws/client.ts'
import { verifyPassword } from '../lib/passwords/hash.ts'
import { readPublicKey } from '../lib/tokens/public-keys.ts'
import { findUserByName } from '../lib/users/store.ts'
import { sendForAll } from '../test/support/http/http.ts'
import { describeService, resourcesOf, root } from '../test/support/process/service-description.ts'
import { type LocalAws, startLocalAws } from './aws.ts'

const service = describeService()
const { region } = service.provider
let local: LocalAws | undefined

afterEach(() => local?.stop())

test('startLocalAws creates the table and the keys of serverless.yml', async () => {
  local = await startLocalAws(resourcesOf(service), region)
  const aws = withTimeout(awsClient(local.settings), 4_500)
  const { Table } = await aws('dynamodb', 'DescribeTable', { TableName: service.custom.auth.tableName })
  const { AttributeDefinitions, KeySchema, GlobalSecondaryIndexes } =
    service.resources.Resources.Table?.Properties ?? {}
  expect(Table).toMatchObject({
    TableStatus: 'ACTIVE',
    AttributeDefinitions,
    KeySchema,
    // DynamoDB returns them in another order.
    GlobalSecondaryIndexes: expect.arrayContaining(
      (GlobalSecondaryIndexes as object[]).map((index) => expect.objectContaining(index)),
    ),
    BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
  })
  const keys = [service.custom.auth.keyA, service.custom.auth.keyB].map((name) => readPublicKey(aws, name))
  const [a, b] = await Promise.all(keys)
  expect(a?.kid).not.toBe(b?.kid)
})

test('startLocalAws adds a demo user for each role, with different salts', async () => {
  local = await startLocalAws(resourcesOf(service), region)
  const aws = withTimeout(awsClient(local.settings), 4_500)
  const { tableName } = service.custom.auth
  const hashes: string[] = []
  for (const name of ROLES) {
    const user = await findUserByName({ aws, name: tableName }, name)
    expect(user).toMatchObject({ username: name, role: name, disabled: false })
    expect(await verifyPassword(name, user?.passwordHash ?? '')).toBe(true)
    hashes.push(user?.passwordHash ?? '')
  }
  const salts = hashes.map((hash) => hash.split('$')[4])
  expect(new Set(salts).size).toBe(ROLES.length)
  expect(await aws('dynamodb', 'Scan', { TableName: tableName, Select: 'COUNT' })).toMatchObject({
    // Each has a profile and a name.
    Count: 12 + 2 * ROLES.length,
  })
})

test('DynamoDB and Lambda have one address', async () => {
  const events: object[] = []
  local = await startLocalAws(resourcesOf(service), region, {
    functionNames: ['mailer'],
    invoke: async (_name, event) => {
      events.push(event)
      return { isReturned: true, payload: 'null' }
    },
  })
  const { dynamodb, lambda } = local.settings.endpoints
  expect(lambda).toEqual(dynamodb)
  const aws = withTimeout(awsClient(local.settings), 4_500)
  expect(await aws('lambda', '/2015-03-31/functions/mailer/invocations', { id: 1 })).toEqual({})
  expect(events).toEqual([{ id: 1 }])
  expect(await aws('dynamodb', 'ListTables', {})).toEqual({
    TableNames: [service.custom.auth.tableName, `${service.custom.auth.tableName}-events`],
  })
})

test('Lambda rejects unsigned requests at the address of DynamoDB', async () => {
  local = await startLocalAws([], region, { functionNames: ['mailer'] })
  const url = new URL('/2015-03-31/functions/mailer/invocations', local.settings.endpoints.dynamodb)
  expect((await fetch(url, { method: 'POST' })).status).toBe(403)
})

test.for<[what: string, headers: Record<string, string>]>([
  ['with an Origin', { Origin: 'http://localhost:3000' }],
  ['with an opaque Origin', { Origin: 'null' }],
  ['for a foreign host', { Host: 'rebound.example:8000' }],
])('every part of the local AWS rejects a request %s', async ([, headers]) => {
  local = await startLocalAws([], region)
  for (const { href } of Object.values(local.settings.endpoints)) {
    for (const method of ['POST', 'OPTIONS']) {
      expect(await sendForAll(href, method, headers)).toEqual({
        status: 403,
        headers: { 'content-type': 'application/x-amz-json-1.0' },
        body: '{"__type":"AccessDeniedException","message":"The local AWS rejects requests of web pages."}',
      })
    }
  }
})

test('a stopped local AWS accepts no calls', async () => {
  local = await startLocalAws(resourcesOf(service), region)
  const aws = awsClient(local.settings).within(Date.now() + 100)
  local.stop()
  await expect(readPublicKey(aws, service.custom.auth.keyA)).rejects.toMatchObject({
    code: 'unavailable',
  })
})

test('neither its servers nor idle connections keep a process running', async () => {
  const script = `
    const { startLocalAws } = await import('./local/aws.ts')
    await startLocalAws(${JSON.stringify(resourcesOf(service))}, '${region}')
    // A server closes an idle connection after five seconds. This timer does not keep the process running either.
    setTimeout(() => process.exit(1), 4_000).unref()`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { cwd: root })
  expect(await once(child, 'exit')).toEqual([0, null])
})

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { transact } from '../../lib/aws/dynamodb.ts'
import { eventOf, partitionOf } from '../../lib/events/event.ts'
import type { EventType } from '../../lib/events/types.ts'
import { eventsCommand } from '../../scripts/events/command.ts'
import { useTable } from '../support/aws/table.ts'
import { beginInProcess, refusal } from '../support/process/command.ts'
import { testAct } from '../support/users/users.ts'
import { asksWho, callerIdentity, describeStacks } from './describe-stacks.ts'

const { aws, table } = await useTable()
const AT = new Date('2026-11-20T12:00:00.000Z')
const SPAN = ['--since', '2026-11-20T00:00:00Z', '--until', '2026-11-21T00:00:00Z']

/** What the rules of the bus are, as `ListRules` returns them, on two pages. */
const RULES = [
  { Name: 'welcome-1', State: 'ENABLED', EventPattern: '{"detail-type":["user.created"]}' },
  { Name: 'audit', State: 'ENABLED', EventPattern: '{"source":[{"prefix":"https:"}]}' },
  { Name: 'old', State: 'DISABLED', EventPattern: '{}' },
  { Name: 'clients', State: 'ENABLED', EventPattern: '{"detail-type":["client.created"]}' },
]

const ids = await storeEvents([
  ...Array(11).fill('user.created'),
  'user.deleted',
  'session.created',
  'user.viewed',
])

test('resend says how many events there are and to which rules, and puts them with the same ids', async () => {
  const account = await startAccount()
  const { stdout, ...others } = await account.run('resend', ...SPAN, '--yes')
  expect(others).toEqual({ status: 0, stderr: '' })
  expect(stdout).toBe(
    [
      '12 events from 2026-11-20T00:00:00.000Z to 2026-11-21T00:00:00.000Z.\n',
      '  welcome-1 gets at most 11.\n  audit gets at most 12.\n  clients gets none.\n',
      '12 of 12 events are on the bus.\n',
    ].join(''),
  )
  expect(account.taken.map(({ id }) => id).sort()).toEqual(ids.slice(0, 12).sort())
})

test('resend takes one type, and without a confirmation puts none', async () => {
  const account = await startAccount()
  const { stdout, stderr, status } = await account.run('resend', ...SPAN, '--type', 'user.deleted')
  expect({ stderr, status }).toEqual({
    status: 2,
    stderr: 'Cannot ask without a terminal. Use --yes to confirm.\n',
  })
  expect(stdout).toMatch(/^1 event from .*\n {2}welcome-1 gets none\.\n/)
  expect(account.taken).toEqual([])
})

test('resend with eventBus=changes sends no sign-ins, and with all it does', async () => {
  const changes = await startAccount()
  expect(await changes.run('resend', ...SPAN, '--type', 'session', '--yes')).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^0 events/),
  })
  const all = await startAccount('all')
  expect((await all.run('resend', ...SPAN, '--type', 'session', '--yes')).status).toBe(0)
  expect(all.taken.map(({ type }) => type)).toEqual(['session.created'])
  expect(await all.run('resend', ...SPAN, '--type', 'user.viewed', '--yes')).toEqual(
    refusal(1, 'Events of type user.viewed do not leave this stage.'),
  )
})

test('resend says which events are left when the bus throttles, and the next run sends them', async () => {
  const account = await startAccount()
  account.fail('ThrottlingException', 1)
  const first = await account.run('resend', ...SPAN, '--yes')
  expect(first.status).not.toBe(0)
  expect(first.stdout).toContain('0 of 12 events are on the bus.\n')
  const [, until = ''] = /--until (\S+)\.\n$/.exec(first.stderr) ?? []
  expect(
    (await account.run('resend', '--since', '2026-11-20T00:00:00Z', '--until', until, '--yes')).status,
  ).toBe(0)
  expect(new Set(account.taken.map(({ id }) => id)).size).toBe(12)
})

test('a stage without a bus is refused', async () => {
  const account = await startAccount('off')
  expect(await account.run('resend', ...SPAN, '--yes')).toEqual(
    refusal(1, 'Stage dev has no event bus. Deploy it with eventBus=changes or all.'),
  )
})

/** Writes events of one day, a second apart. Returns their ids. */
async function storeEvents(types: EventType[]): Promise<string[]> {
  const written: string[] = []
  for (const [index, type] of types.entries()) {
    const at = new Date(AT.getTime() + index * 1_000)
    const write = eventOf(table, testAct(at), { type, subject: partitionOf('Ada-Lovelace-1815-12-A') })
    await transact(table, [write])
    written.push(Object(write).Put.Item.id.S)
  }
  return written
}

/** Starts an account with a stage and EventBridge, until the test ends. */
async function startAccount(eventBus = 'changes') {
  const taken: { id: string; type: string }[] = []
  let failure: { code: string; count: number } | undefined
  const put = (body: string) => {
    const { Entries } = JSON.parse(body) as { Entries: { Detail: string; EventBusName: string }[] }
    if (failure && failure.count > 0) {
      failure.count -= 1
      return { FailedEntryCount: Entries.length, Entries: Entries.map(() => ({ ErrorCode: failure?.code })) }
    }
    expect(new Set(Entries.map(({ EventBusName }) => EventBusName))).toEqual(new Set([table.name]))
    taken.push(...Entries.map(({ Detail }) => JSON.parse(Detail)))
    return { FailedEntryCount: 0, Entries: Entries.map(() => ({ EventId: 'e' })) }
  }
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString()
    const target = request.headers['x-amz-target']
    if (target === 'AWSEvents.PutEvents') response.end(JSON.stringify(put(body)))
    else if (target === 'AWSEvents.ListRules') {
      const second = JSON.parse(body).NextToken === 'more'
      const Rules = second ? RULES.slice(2) : RULES.slice(0, 2)
      response.end(JSON.stringify({ Rules, ...(!second && { NextToken: 'more' }) }))
    } else {
      const stack = new URLSearchParams(body).get('StackName')
      const outputs = {
        Issuer: 'https://auth.example.com',
        ...(eventBus !== 'off' && { EventBus: eventBus }),
      }
      const [status, text] = asksWho(body)
        ? callerIdentity()
        : describeStacks(stack, { name: String(stack), outputs })
      response.writeHead(status, { 'Content-Type': 'text/xml' }).end(text)
    }
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  const env = {
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_ENDPOINT_URL_DYNAMODB: aws.settings.endpoints.dynamodb.href,
  }
  return {
    taken,
    fail(code: string, count: number) {
      failure = { code, count }
    },
    run: (...args: string[]) => beginInProcess(eventsCommand, ['--stage', 'dev', ...args], env).outcome,
  }
}

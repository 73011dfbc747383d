import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Say, startProxy } from '../../support/aws/aws-proxy.ts'
import { CALLBACK, ORDERS, run, useClients } from './clients.ts'

const store = await useClients()
const proxy = await startProxy(new URL(store.endpoint))
afterAll(() => {
  proxy.close()
})
beforeEach(async () => {
  // No pause between attempts.
  vi.spyOn(Math, 'random').mockReturnValue(0)
  await proxy.recover()
  await store.clear()
  await store.run('add-api', ORDERS, '--scope', 'orders:read=See your orders')
  await store.add('shop')
})

const deny: Say = (response) => {
  const message = 'User: arn:aws:iam::123456789012:user/grace is not authorized to perform this on the table'
  response.writeHead(400).end(JSON.stringify({ __type: 'x#AccessDeniedException', message }))
}
const lose: Say = (response) => response.destroy()
const fail: Say = (response) => response.writeHead(500).end('{"__type":"x#InternalServerError"}')

const CHANGES = {
  add: ['add', 'carl', '--type', 'web', '--redirect-uri', CALLBACK],
  set: ['set', 'shop', '--name', 'New'],
  'new-secret': ['new-secret', 'shop'],
  disable: ['disable', 'shop'],
  enable: ['enable', 'shop'],
  'end-grants': ['end-grants', 'shop'],
  remove: ['remove', 'shop', '--yes'],
  'add-api': ['add-api', 'https://other.example', '--scope', 'other=Use it'],
  'set-api': ['set-api', ORDERS, '--name', 'New'],
  'remove-api': ['remove-api', ORDERS, '--yes'],
}
const READS = {
  list: ['list'],
  show: ['show', 'shop'],
  'list-apis': ['list-apis'],
  'show-api': ['show-api', ORDERS],
  events: ['events', 'shop'],
}

const through = (args: string[]) => run([...args, '--local', '--endpoint', proxy.url.origin])

const DENIED =
  'The store failed: AccessDeniedException User: arn:aws:iam::123456789012:user/grace is not authorized to perform this on the table.\n'

describe.each(Object.entries(CHANGES))('%s', (_name, args) => {
  test.each([
    ['may not read', 'BatchGetItem', deny, DENIED],
    ['may not write', 'TransactWriteItems', deny, DENIED],
    ['loses the connection before a read', 'BatchGetItem', lose, /^The store failed: .+\n$/],
    ['loses the connection before a write', 'TransactWriteItems', lose, /^The store failed: .+\n$/],
    ['gets errors of AWS', 'TransactWriteItems', fail, 'The store failed: InternalServerError.\n'],
  ])('changes nothing if it %s, and prints one line', async (_what, operation, say, line) => {
    const before = [await store.items(), await store.allEvents()]
    proxy.inject({ operation, say })
    const outcome = await through(args)
    expect(outcome).toMatchObject({ status: 3, stdout: '' })
    if (typeof line === 'string') expect(outcome.stderr).toBe(line)
    else expect(outcome.stderr).toMatch(line)
    expect([await store.items(), await store.allEvents()]).toEqual(before)
  })

  test('is done, once, after calls that failed for a moment', async () => {
    const before = (await store.allEvents()).length
    proxy.inject({ operation: 'TransactWriteItems', say: fail, times: proxy.failed() + 1 })
    expect(await through(args)).toMatchObject({ status: 0 })
    expect((await store.allEvents()).length).toBe(before + 1)
  })

  test('is one transaction with its event', async () => {
    const first = proxy.calls.length
    expect(await through(args)).toMatchObject({ status: 0 })
    const writes = proxy.calls
      .slice(first)
      .filter((name) => /^(Put|Update|Delete|Transact|BatchWrite)/.test(name))
    expect(writes).toEqual(['TransactWriteItems'])
    expect(proxy.bodies.at(proxy.calls.lastIndexOf('TransactWriteItems'))).toContain('-events"')
  })
})

test.each(Object.entries(READS))('%s reports missing rights in one line', async (_name, args) => {
  const operation = /^(list|events)/.test(args.join()) ? 'Query' : 'BatchGetItem'
  proxy.inject({ operation, say: deny })
  expect(await through(args)).toEqual({ status: 3, stdout: '', stderr: DENIED })
})

test('a command that ends after its write has stored all of it', async () => {
  // The write arrives, and the process ends before it prints the secret.
  const { child, outcome } = store.beginProcess('add', 'killed', '--type', 'web', '--redirect-uri', CALLBACK)
  while ((await store.stored('killed')) === undefined) await new Promise(setImmediate)
  child.kill('SIGKILL')
  await outcome
  expect(await store.eventsOf('client#killed')).toEqual(['client.created web'])
  expect((await store.run('list')).stdout).toContain('killed')
  expect(await store.run('add', 'killed', '--type', 'web', '--redirect-uri', CALLBACK)).toMatchObject({
    status: 1,
    stderr: 'Client killed already exists. If its secret is lost, use new-secret.\n',
  })
  expect(await store.run('new-secret', 'killed')).toMatchObject({ status: 0 })
})

import { describe, expect, test } from 'vitest'
import { urlClientKey } from '../../../lib/oauth/clients/url-client.ts'
import { APP_URL, HOST } from '../../oauth/document-host.ts'
import { success } from '../../support/process/command.ts'
import { ORDERS, useClients } from './clients.ts'

// Clients that are URLs: operators register none of them, and may decide about each, or about a host.

const store = await useClients()

const state = async (target = APP_URL) => (await store.stored(target)) ?? { generation: -1, disabled: true }
const events = (target: string) => store.eventsOf(urlClientKey(target).pk.S)

describe.each([
  [APP_URL, APP_URL, `Client ${APP_URL}`],
  [`https://${HOST}`, HOST, `Each client of the host ${HOST}`],
  [`https://${HOST}/`, HOST, `Each client of the host ${HOST}`],
])('%s', (given, target, what) => {
  test('is disabled, enabled, and loses its codes and grants', async () => {
    const before = await state()
    expect(await store.run('disable', given)).toEqual(
      success(`${what} is disabled. All codes and grants have ended.\n`),
    )
    expect(await state()).toMatchObject({ generation: before.generation + 1, disabled: true })
    expect(await store.run('enable', given)).toEqual(success(`${what} is enabled.\n`))
    expect(await state()).toMatchObject({ generation: before.generation + 1, disabled: false })
    expect(await store.run('end-grants', given)).toEqual(
      success(`${what} has no codes and grants any longer.\n`),
    )
    expect(await state()).toMatchObject({ generation: before.generation + 2, disabled: false })
    expect((await events(target)).slice(-3)).toEqual([
      'client.updated disabled disabled',
      'client.updated enabled disabled',
      'client.updated grants-ended',
    ])
  })
})

test('show, list and events name URLs and hosts', async () => {
  await store.run('disable', APP_URL)
  const { stdout: shown } = await store.run('show', APP_URL)
  expect(shown).toMatch(
    /^client_id {2}https:\/\/app\.test\/oauth\/client\.json\ntype {7}url\nstate {6}disabled\n/,
  )
  const { stdout: host } = await store.run('show', `https://${HOST}`)
  expect(host).toMatch(/^host {5}app\.test\ntype {5}host\nstate {4}enabled\n/)
  const { stdout: listed } = await store.run('list')
  expect(listed).toMatch(/app\.test +host +enabled/)
  expect(listed).toMatch(/https:\/\/app\.test\/oauth\/client\.json +url +disabled/)
  const { stdout: happened } = await store.run('events', APP_URL)
  expect(happened).toMatch(/client https:\/\/app\.test\/oauth\/client\.json +disabled/)
  const { stdout: json } = await store.run('show', 'https://other.test/a', '--json')
  expect(JSON.parse(json)).toEqual({
    id: 'https://other.test/a',
    type: 'url',
    disabled: false,
    createdAt: '',
    changedAt: '',
  })
})

test('a client with the name of a host is another one, and the command says how to write the host', async () => {
  expect(await store.run('disable', HOST)).toMatchObject({
    status: 1,
    stderr: `Client ${HOST} does not exist. For all clients of a host, write https://${HOST}.\n`,
  })
  await store.add(HOST)
  const before = await state()
  await store.run('disable', HOST)
  expect([(await store.stored(HOST))?.disabled, await state()]).toEqual([true, before])
})

test.each(['http://app.test/a', 'https://app.test:8443/a', 'https://app.test/a#b', 'https://localhost/a'])(
  'no command takes %s',
  async (given) => {
    expect(await store.run('disable', given)).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^Invalid URL of a client\. Use the https URL of its document/),
    })
    expect((await store.run('add', APP_URL, '--type', 'native')).status).toBe(2)
  },
)

test('an API is opened to clients that are URLs, and closed again', async () => {
  await store.run('add-api', ORDERS, '--scope', 'orders:read=See your orders')
  const clients = async () => /^clients +(.+)$/m.exec((await store.run('show-api', ORDERS)).stdout)?.[1]
  expect(await clients()).toBe('registered ones')
  await store.run('set-api', ORDERS, '--url-clients')
  expect(await clients()).toBe('registered ones, and all that are URLs')
  await store.run('set-api', ORDERS, '--no-url-clients')
  expect(await clients()).toBe('registered ones')
  await store.run('add-api', 'https://open.example', '--scope', 'open:read=See it', '--url-clients')
  expect((await store.run('show-api', 'https://open.example', '--json')).stdout).toContain(
    '"urlClients": true',
  )
})

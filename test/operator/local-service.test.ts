import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { makePlace } from '../../local/running/services.ts'
import { clientsCommand } from '../../scripts/clients/command.ts'
import { findTarget } from '../../scripts/smoke/target.ts'
import { usersCommand } from '../../scripts/users/command.ts'
import { beginInProcess, refusal } from '../support/process/command.ts'
import { run, useStore } from '../support/process/operator.ts'
import { root } from '../support/process/service-description.ts'

const SERVICE = 'serverless-jwt-auth'
const store = await useStore()

beforeEach(() => {
  const temporary = mkdtempSync(join(tmpdir(), 'local-service-'))
  vi.stubEnv('TMPDIR', temporary)
  onTestFinished(() => {
    vi.unstubAllEnvs()
    rmSync(temporary, { recursive: true })
  })
})

const GONE = 'http://127.0.0.1:1'

test('--local finds the table of the service that runs for this project, and names it', async () => {
  await describe('http://localhost:3100')
  await describe('http://localhost:3200', GONE, tmpdir())
  await describe('http://localhost:3300', GONE, root, 'shop')
  const { outcome, rawStderr } = beginInProcess(usersCommand, ['list', '--json', '--local'])
  expect(await outcome).toMatchObject({ status: 0, stderr: '' })
  expect(rawStderr()).toBe(`Using the table at ${store.endpoint}.\n`)
})

test('--local says how to start a service that does not run', async () => {
  expect(await run(['list', '--local'])).toEqual(
    refusal(3, `The local service ${SERVICE} does not run. Start it with npm start.`),
  )
})

test('--local never takes the table of the same service in another folder', async () => {
  const other = join(tmpdir(), 'clone')
  mkdirSync(other)
  await describe('http://localhost:3100', store.endpoint, other)
  expect(await run(['list', '--local'])).toEqual(
    refusal(
      3,
      `The local service ${SERVICE} does not run in this folder, but in ${other} (--endpoint ${store.endpoint} for http://localhost:3100). Start it with npm start.`,
    ),
  )
})

test('--local refuses to guess between two services of one project', async () => {
  await describe('http://localhost:3100')
  await describe('http://localhost:3200', GONE)
  const { status, stderr } = await run(['list', '--local'])
  expect(status).toBe(3)
  const choices = [
    `--endpoint ${store.endpoint} for http://localhost:3100`,
    `--endpoint ${GONE} for http://localhost:3200`,
  ]
  const begin = `Several local services are ${SERVICE}. Choose one: `
  expect([choices, choices.toReversed()].map((two) => `${begin}${two.join(', or ')}.\n`)).toContain(stderr)
  expect(await run(['list', '--local', '--endpoint', store.endpoint])).toMatchObject({ status: 0 })
})

test('--service finds a service of that name in any folder', async () => {
  const project = join(tmpdir(), 'notes')
  mkdirSync(project)
  writeFileSync(join(project, 'serverless.yml'), 'service: notes\n')
  await describe('http://localhost:3100', store.endpoint, project, 'notes')
  expect(await run(['list', '--local', '--service', 'notes'])).toEqual(
    refusal(
      3,
      `The service at ${store.endpoint} is not notes. Leave --endpoint out, or give --service NAME.`,
    ),
  )
})

test('clients --local lets no client have the audience of the service that runs', async () => {
  await describe('http://localhost:3100')
  const add = async (id: string) => {
    const args = ['add', id, '--type', 'web', '--redirect-uri', 'https://shop.example/cb', '--local']
    return await beginInProcess(clientsCommand, args).outcome
  }
  expect(await add('of-the-parameter')).toEqual(
    refusal(1, 'of-the-parameter is the audience of this stage. Use another id.'),
  )
  expect(await add(`${SERVICE}-dev-api`)).toMatchObject({ status: 0 })
})

test('smoke --local tests the service that runs, at its port, and --url chooses one of several', async () => {
  const { io } = beginInProcess(usersCommand, ['--help'])
  const urlOf = async (options: { url?: string; endpoint?: string }) =>
    (await findTarget({ local: true, ...options }, io, [])).url
  await describe('http://localhost:3100')
  expect(await urlOf({})).toBe('http://localhost:3100')
  expect(await urlOf({ endpoint: store.endpoint })).toBe('http://localhost:3100')
  await describe('http://localhost:3200', GONE)
  await expect(urlOf({})).rejects.toThrow('Several local services')
  expect(await urlOf({ url: 'http://localhost:3100/' })).toBe('http://localhost:3100')
})

test('smoke --local with the table of an unknown service asks for --url', async () => {
  const { io } = beginInProcess(usersCommand, ['--help'])
  await expect(findTarget({ local: true, endpoint: store.endpoint }, io, [])).rejects.toThrow(
    'No local service is known to have this table. Give --url, too.',
  )
})

/** Describes a service as `npm start` does, while a process listens on its socket. */
async function describe(url: string, dynamoDb = store.endpoint, project = root, service = SERVICE) {
  const { socket, describe } = await makePlace()
  const server = createServer()
  await once(server.listen(socket), 'listening')
  describe({ service, project, url, dynamoDb, audience: 'of-the-parameter' })
  onTestFinished(() => void server.close())
}

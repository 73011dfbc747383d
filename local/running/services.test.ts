import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { makePlace, type RunningService, runningServices } from './services.ts'

const folder = mkdtempSync(join(tmpdir(), 'running-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

const NOTES: RunningService = {
  service: 'notes',
  project: folder,
  url: 'http://localhost:3000',
  dynamoDb: 'http://127.0.0.1:49152',
  audience: 'notes-dev-api',
}

test('only the user can open the folder of the socket', async () => {
  const path = await socketPath(folder)
  expect(path.startsWith(folder)).toBe(true)
  expect(statSync(dirname(path)).mode & 0o777).toBe(0o700)
})

test('the folder is removed when the process exits', () => {
  expect(existsSync(dirname(inOtherProcess('process.exit()')))).toBe(false)
})

test('the next start removes a folder left by SIGKILL, and no folder in use', async () => {
  const stale = inOtherProcess("process.kill(process.pid, 'SIGKILL')")
  const interrupted = dirname(await socketPath(folder))
  utimesSync(interrupted, 0, 0)
  const used = await socketPath(folder)
  expect(existsSync(stale)).toBe(false)
  expect(existsSync(interrupted)).toBe(false)
  const server = createServer()
  await once(server.listen(used), 'listening')
  await socketPath(folder)
  expect(existsSync(used)).toBe(true)
  server.close()
})

test.each(['jwt-auth-demo', 'jwt-auth-AbC123'])(
  'a start leaves the folder %s of another program',
  async (name) => {
    const foreign = join(folder, name)
    mkdirSync(join(foreign, 'src'), { recursive: true, mode: 0o700 })
    writeFileSync(join(foreign, 'lambda.sock'), 'no socket')
    writeFileSync(join(foreign, 'src', 'work.ts'), '')
    utimesSync(foreign, 0, 0)
    await socketPath(folder)
    rmSync(join(foreign, 'lambda.sock'))
    utimesSync(foreign, 0, 0)
    await socketPath(folder)
    expect(existsSync(join(foreign, 'src', 'work.ts'))).toBe(true)
  },
)

test('a path that is too long for a socket is made in /tmp', async () => {
  const long = mkdtempSync(join(folder, 'x'.repeat(80)))
  const path = await socketPath(long)
  rmSync(dirname(path), { recursive: true })
  expect(realpathSync(dirname(dirname(path)))).toBe(realpathSync('/tmp'))
})

test('a service is found while it runs, by this user alone', async () => {
  const temporary = mkdtempSync(join(folder, 'one-'))
  const server = await startService(NOTES, temporary)
  expect(await runningServices(temporary)).toEqual([{ ...NOTES, project: realpathSync(folder) }])
  const [name = ''] = readdirSync(temporary)
  expect(statSync(join(temporary, name)).mode & 0o777).toBe(0o700)
  expect(statSync(join(temporary, name, 'service.json')).mode & 0o777).toBe(0o600)
  server.close()
  await once(server, 'close')
  expect(await runningServices(temporary)).toEqual([])
})

test('several services are found, also of one project', async () => {
  const temporary = mkdtempSync(join(folder, 'two-'))
  const other = { ...NOTES, url: 'http://localhost:3100', dynamoDb: 'http://127.0.0.1:49153' }
  const servers = await Promise.all([startService(NOTES, temporary), startService(other, temporary)])
  const found = await runningServices(temporary)
  expect(new Set(found.map(({ dynamoDb }) => dynamoDb))).toEqual(new Set([NOTES.dynamoDb, other.dynamoDb]))
  for (const server of servers) server.close()
})

test('a service that was stopped by SIGKILL is not found, and its folder is removed', async () => {
  const socket = inOtherProcess("process.kill(process.pid, 'SIGKILL')")
  expect(existsSync(join(dirname(socket), 'service.json'))).toBe(true)
  expect(await runningServices(folder)).toEqual([])
  await socketPath(folder)
  expect(existsSync(dirname(socket))).toBe(false)
})

test.each([
  ['that others may enter', (path: string) => chmodSync(path, 0o755)],
  ['with half a description', (path: string) => writeFileSync(join(path, 'service.json'), '{"service":"no')],
  ['without an address', (path: string) => writeFileSync(join(path, 'service.json'), '{"service":"notes"}')],
])('no service is found in a folder %s', async (_, change) => {
  const temporary = mkdtempSync(join(folder, 'other-'))
  const server = await startService(NOTES, temporary)
  const [name = ''] = readdirSync(temporary)
  change(join(temporary, name))
  expect(await runningServices(temporary)).toEqual([])
  server.close()
})

test.runIf(process.getuid?.() === 0)('no service is found in a folder of another user', async () => {
  const temporary = mkdtempSync(join(folder, 'foreign-'))
  const server = await startService(NOTES, temporary)
  const [name = ''] = readdirSync(temporary)
  chownSync(join(temporary, name), 65_534, 65_534)
  expect(await runningServices(temporary)).toEqual([])
  server.close()
})

const socketPath = async (temporary: string) => (await makePlace(temporary)).socket

/** Starts a service in this process, in its folder. */
async function startService(service: RunningService, temporary: string) {
  const place = await makePlace(temporary)
  const server = createServer()
  await once(server.listen(place.socket), 'listening')
  place.describe(service)
  return server
}

/** Runs a script in another process, which prints the path of its socket. */
function inOtherProcess(script: string): string {
  const source = `
    const { makePlace } = await import('${new URL('./services.ts', import.meta.url)}')
    const { createServer } = await import('node:net')
    const { socket, describe } = await makePlace('${folder}')
    createServer().listen(socket, () => {
      console.log(socket)
      describe(${JSON.stringify(NOTES)})
      ${script}
    })`
  try {
    return execFileSync(process.execPath, ['--input-type=module', '-e', source], {
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim()
  } catch (error) {
    return (error as { stdout: string }).stdout.trim()
  }
}

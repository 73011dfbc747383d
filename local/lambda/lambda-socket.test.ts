import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
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
import { lambdaSocketPath } from './lambda-socket.ts'

const folder = mkdtempSync(join(tmpdir(), 'lambda-socket-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs a script in a process of its own, which prints the path of its socket. */
function inOtherProcess(script: string): string {
  const source = `
    const { lambdaSocketPath } = await import('${new URL('./lambda-socket.ts', import.meta.url)}')
    const { createServer } = await import('node:net')
    const path = await lambdaSocketPath('${folder}')
    createServer().listen(path, () => {
      console.log(path)
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

test('only the user can open the folder of the socket', async () => {
  const path = await lambdaSocketPath(folder)
  expect(path.startsWith(folder)).toBe(true)
  expect(statSync(dirname(path)).mode & 0o777).toBe(0o700)
})

test('the folder is removed when the process exits', () => {
  expect(existsSync(dirname(inOtherProcess('process.exit()')))).toBe(false)
})

test('the next start removes a folder left by SIGKILL, and no folder in use', async () => {
  const stale = inOtherProcess("process.kill(process.pid, 'SIGKILL')")
  const interrupted = dirname(await lambdaSocketPath(folder))
  utimesSync(interrupted, 0, 0)
  const used = await lambdaSocketPath(folder)
  expect(existsSync(stale)).toBe(false)
  expect(existsSync(interrupted)).toBe(false)
  const server = createServer()
  await once(server.listen(used), 'listening')
  await lambdaSocketPath(folder)
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
    await lambdaSocketPath(folder)
    rmSync(join(foreign, 'lambda.sock'))
    utimesSync(foreign, 0, 0)
    await lambdaSocketPath(folder)
    expect(existsSync(join(foreign, 'src', 'work.ts'))).toBe(true)
  },
)

test('a path that is too long for a socket is made in /tmp', async () => {
  const long = mkdtempSync(join(folder, 'x'.repeat(80)))
  const path = await lambdaSocketPath(long)
  rmSync(dirname(path), { recursive: true })
  expect(realpathSync(dirname(dirname(path)))).toBe(realpathSync('/tmp'))
})

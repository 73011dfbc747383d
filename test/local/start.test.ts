import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import { decodeJwt } from 'jose'
import { afterAll, describe, expect, test } from 'vitest'
import {
  ADMIN_CONTENT,
  FORBIDDEN,
  get,
  tokenOf,
  UNAUTHORIZED,
  USER_CONTENT,
  withOtherSignature,
} from '../support/http.ts'
import { startService } from '../support/service.ts'

const run = promisify(execFile)
const hasCurl = ['bash', 'curl'].every((tool) => spawnSync(tool, ['--version']).status === 0)

const preload = new URL('../support/login-an-hour-ago.ts', import.meta.url)
const [service, hourOldService] = await Promise.all([
  startService(),
  startService({}, [`--import=${preload}`]),
])
afterAll(() => Promise.all([service.stop(), hourOldService.stop()]))

/** How often a route's function has been run, by what the service has printed of it. */
const runsOf = (functionKey: string, { output } = service) =>
  output().match(new RegExp(`^GET .*\\(λ: ${functionKey}\\)$`, 'gm'))?.length ?? 0

describe('what the service prints when it starts', () => {
  const commands = service.output().match(/^ +(TOKEN=|curl ).*$/gm) ?? []

  test('is, once, where it is, who may sign in, and three lines to try', () => {
    const [, ...rest] = service.output().split('serverless-jwt-auth is running at')
    expect(rest).toHaveLength(1)
    expect(rest[0]).toMatch(
      new RegExp(
        `^ ${service.url}\\n\\n  Demo users \\(this machine only\\)\\n    user  with password user\\n    admin with password admin\\n\\n  The table is in memory, at ${service.dynamoDbUrl}\\n(  Port 8000 was taken, so: npm run users -- … --local --endpoint ${service.dynamoDbUrl}\\n)?\\n  Try it\\n`,
      ),
    )
    expect(commands).toHaveLength(3)
  })

  test('does not name a secret of the service', () => {
    expect(service.output()).not.toMatch(/PRIVATE KEY|\$argon2id|eyJ/)
  })

  test.runIf(hasCurl)(
    'is right: the lines, run as they are, sign a user in and show what is open',
    async () => {
      const { stdout } = await run('bash', ['-c', commands.join('\n')])
      expect(stdout).toBe(USER_CONTENT.body + FORBIDDEN.body)
    },
  )
})

describe('a content function', () => {
  test('is not run without a token, nor with a bad or expired one', async () => {
    const { url, output } = hourOldService
    const expired = await Promise.all(['user', 'admin'].map((username) => tokenOf(url, username)))
    for (const token of expired) expect(Number(decodeJwt(token).exp) * 1000).toBeLessThan(Date.now())
    const bad = expired.map(withOtherSignature)
    for (const token of [undefined, 'user', 'a.b.c', ...bad, ...expired]) {
      expect(await get(`${url}/`, token)).toEqual(UNAUTHORIZED)
      expect(await get(`${url}/admin`, token)).toEqual(UNAUTHORIZED)
    }
    // Four times for the reason that is meant here; and with the last of them, all that came before is printed.
    await expect.poll(() => output().match(/ERR_JWT_EXPIRED/g)).toHaveLength(4)
    expect(runsOf('user-content', hourOldService)).toBe(0)
    expect(runsOf('admin-content', hourOldService)).toBe(0)
  })

  test('for admins is not run with the token of a user', async () => {
    expect(await get(`${service.url}/admin`, await tokenOf(service.url, 'user'))).toEqual(FORBIDDEN)
    expect(await get(`${service.url}/admin`, await tokenOf(service.url, 'admin'))).toEqual(ADMIN_CONTENT)
    await expect.poll(() => runsOf('admin-content')).toBe(1)
  })
})

import { execFile, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { ROLES } from '../../lib/application/roles.ts'
import {
  ADMIN_CONTENT,
  FORBIDDEN,
  get,
  postLogin,
  sendForAll,
  tokenOf,
  withOtherSignature,
} from '../support/http/http.ts'
import { begin } from '../support/process/command.ts'
import { useLocalService } from '../support/process/local-service.ts'
import { root } from '../support/process/service-description.ts'

const run = promisify(execFile)
const hasCurl = ['bash', 'curl'].every((tool) => spawnSync(tool, ['--version']).status === 0)

/** Preloaded: says in the end how much of the framework a process has loaded. */
const LOADED = `data:text/javascript,${encodeURIComponent(`
  import { createRequire } from 'node:module'
  const { cache } = createRequire('/')
  const count = () => Object.keys(cache).filter((file) => file.includes('/serverless/bin/') || file.includes('/serverless/lib/classes/')).length
  process.on('exit', () => console.log(count() + ' modules of the framework'))
`)}`

/** LOCAL.md shows those of this repository. Another project has its roles. */
const DEMO_USERS = ROLES.map((role) => `${role} (password ${role})`).join(', ')

const service = await useLocalService()
const banner = service.output()
const document = readFileSync(`${root}/docs/LOCAL.md`, 'utf8')

describe('npm start', () => {
  test('prints the lines of LOCAL.md and nothing else', () => {
    const { url, dynamoDbUrl } = service
    const [, shown = ''] = /^```text\n(.*?)\n```$/ms.exec(document) ?? []
    const expected = shown
      .replace('user (password user), support (password support), admin (password admin)', DEMO_USERS)
      .replaceAll('http://localhost:3000', url)
      .replaceAll('http://127.0.0.1:49152', dynamoDbUrl)
    expect(banner).toBe(`${expected}\n\n`)
  })

  test('prints a command that finds its users', async () => {
    const [, words = ''] = /npm run users -- (.*)/.exec(banner) ?? []
    const { outcome } = begin('scripts/users.ts', words.split(' '), service.env)
    const { status, stdout } = await outcome
    expect(status).toBe(0)
    expect(stdout).toMatch(/^admin .*\n.*^user /ms)
  })

  test('says what it does, and refuses a taken port, before it loads the framework', async () => {
    const { port } = new URL(service.url)
    const { outcome } = begin('plugins/start.ts', ['--httpPort', port], {
      NODE_OPTIONS: `--import=${LOADED}`,
    })
    const { status, stdout, stderr } = await outcome
    const [, other] = /--httpPort (\d+)$/m.exec(stderr) ?? []
    expect({ status, stdout, stderr }).toEqual({
      status: 1,
      stdout: `${document.match(/^Bundling .*/m)?.[0]}\n0 modules of the framework\n`,
      stderr: `Port ${port} is in use. Start on another one: npm start -- --httpPort ${other}\n`,
    })
  })

  test.runIf(hasCurl)('prints a command that signs a user in', async () => {
    const [command = ''] = /curl .*/.exec(banner) ?? []
    await linesOf(async () => {
      const { stdout } = await run('bash', ['-c', command])
      expect(JSON.parse(stdout)).toMatchObject({ authToken: expect.stringMatching(/^eyJ/) })
    }, 1)
  })

  test.runIf(existsSync('/proc/net/tcp'))(
    'listens on the loopback interface only, without a Lambda API',
    async () => {
      const ports = listeningPorts(service.pid)
      const urls = ports.map(({ address, port }) => {
        expect(address).toMatch(/^127\.0\.0\.1$|^::1$/)
        return `http://localhost:${port}/2015-03-31/functions/serverless-jwt-auth-dev-user-content/invocations`
      })
      // The gateway, DynamoDB with Lambda, which invokes only the mailer, asynchronously, KMS, SES and the provider for sign-ins.
      expect(urls).toHaveLength(5)
      await linesOf(async () => {
        for (const url of urls)
          expect((await fetch(url, { method: 'POST', body: '{}' })).status).not.toBe(200)
      }, 1)
    },
  )
})

/** Returns the TCP ports that a process listens on. */
function listeningPorts(pid: number): { address: string; port: number }[] {
  const sockets = readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1]
    } catch {
      return undefined
    }
  })
  return ['tcp', 'tcp6'].flatMap((protocol) =>
    readFileSync(`/proc/net/${protocol}`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode]) => state === '0A' && sockets.includes(inode))
      .map(([, local = '']) => {
        const [address = '', port = ''] = local.split(':')
        const isLoopback = address === '0100007F' || address === '00000000000000000000000001000000'
        return { address: isLoopback ? '127.0.0.1' : address, port: Number.parseInt(port, 16) }
      }),
  )
}

describe('the log', () => {
  test.for<[name: string, path: string, headers: Record<string, string>, line: RegExp]>([
    ['no token', '/', {}, /^GET \/ 401 \d+ ms no Authorization header$/],
    [
      'an Authorization header of another shape',
      '/admin',
      { Authorization: 'Basic dXNlcjp1c2Vy' },
      /^GET \/admin 401 \d+ ms Authorization is not "Bearer <JWT>"$/,
    ],
    [
      'a token that is no JWT',
      '/',
      { Authorization: 'Bearer a.b.c' },
      /^GET \/ 401 \d+ ms token\.refused: not a compact JWS$/,
    ],
    ['an unknown route', '/nothing?password=secret', {}, /^GET \/nothing 404 \d+ ms no such route$/],
  ])('has one line for a request with %s', async ([, path, headers, line]) => {
    const request = () => sendForAll(`${service.url}${path}`, 'GET', headers)
    expect(await linesOf(request, 1)).toEqual([expect.stringMatching(line)])
  })

  test('has one line for a sign-in, and one for a request that its token allows', async () => {
    const requests = async () => get(`${service.url}/admin`, await tokenOf(service.url, 'admin'))
    expect(await linesOf(requests, 2)).toEqual([
      expect.stringMatching(/^POST \/login 200 [\d,]+ ms login\.accepted userId=[\w-]{22}$/),
      expect.stringMatching(/^GET \/admin 200 \d+ ms$/),
    ])
  })

  test('has no user id for a refused sign-in when the username is unknown', async () => {
    const wrong = JSON.stringify({ username: 'nobody', password: 'not-the-password' })
    expect(await linesOf(() => postLogin(service.url, wrong), 1)).toEqual([
      expect.stringMatching(
        /^POST \/login 401 [\d,]+ ms login\.refused: wrong username or password source=[\w.:/]+$/,
      ),
    ])
  })

  test('has neither a password nor a token', async () => {
    const lines = await linesOf(async () => {
      const token = await tokenOf(service.url, 'user')
      await postLogin(service.url, JSON.stringify({ username: 'user', password: 'not-the-password' }))
      await sendForAll(`${service.url}/sessions/${token}?token=${token}`, 'DELETE')
      await get(`${service.url}/`, withOtherSignature(token))
    }, 4)
    expect(lines[2]).toMatch(/^DELETE \/sessions\/<token> 401 \d+ ms no Authorization header$/)
    // A user id has 22 characters at random, and so may contain the first ones of a token.
    expect(service.output()).not.toMatch(/PRIVATE KEY|\$argon2id|eyJ[\w-]{20}|not-the-password/)
  })

  test('has no stack and no message of serverless-offline', () => {
    expect(service.output()).not.toMatch(/^ +at |Unhandled|λ|Offline/m)
  })
})

describe('a content function', () => {
  test('for admins does not run with the token of a user', async () => {
    const lines = await linesOf(async () => {
      expect(await get(`${service.url}/admin`, await tokenOf(service.url, 'user'))).toEqual(FORBIDDEN)
      expect(await get(`${service.url}/admin`, await tokenOf(service.url, 'admin'))).toEqual(ADMIN_CONTENT)
    }, 4)
    expect(lines.filter((line) => line.startsWith('GET'))).toEqual([
      expect.stringMatching(/^GET \/admin 403 \d+ ms denied by the policy of the token$/),
      expect.stringMatching(/^GET \/admin 200 \d+ ms$/),
    ])
  })
})

/** Sends requests and returns the lines that the service logs of them. */
async function linesOf(send: () => Promise<unknown>, count: number): Promise<string[]> {
  const mark = service.output().length
  const lines = () => service.output().slice(mark).split('\n').slice(0, -1)
  await send()
  await expect.poll(() => lines().length).toBeGreaterThanOrEqual(count)
  return lines()
}

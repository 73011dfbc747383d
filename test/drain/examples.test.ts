import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { askEndpoint } from '../../lib/drain/endpoint.ts'
import { atEnd } from '../support/at-end.ts'
import { temporaryFolder } from '../support/process/operator.ts'
import { root } from '../support/process/service-description.ts'
import { type Responder, sendJson, startFarEnd } from './far-end.ts'

// The endpoints of examples/moving, each as a process, with a stand-in for the place that it asks.

const SECRET = 'a-bearer-secret'
const section =
  readFileSync(join(root, 'docs/MOVING.md'), 'utf8').split('### Passwords from an endpoint')[1] ?? ''
const endpoint = join(root, 'examples/moving/endpoint')
const server = join(endpoint, 'server.mjs')

const farEnd = await startFarEnd()

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Firebase, as https://cloud.google.com/identity-platform/docs/reference/rest/v1/accounts/signInWithPassword describes it. */
const firebase: Responder = (response, { path, body }) => {
  expect(path).toBe('/v1/accounts:signInWithPassword?key=a-key')
  expect(body.returnSecureToken).toBe(true)
  const error = (message: string) => sendJson(response, { error: { code: 400, message } }, 400)
  if (body.email === 'busy') return error('TOO_MANY_ATTEMPTS_TRY_LATER : Try again later.')
  if (body.password !== 'correct') return error('INVALID_LOGIN_CREDENTIALS')
  return sendJson(response, { localId: '42', ...(body.email === 'factor' && { mfaPendingCredential: 'x' }) })
}

/** Auth0, as https://auth0.com/docs/secure/multi-factor-authentication/authenticate-using-ropg-flow-with-mfa describes it. */
const auth0: Responder = (response, { path, body }) => {
  expect(path).toBe('/oauth/token')
  expect(body).toMatchObject({
    realm: 'Username-Password-Authentication',
    client_id: 'id',
    client_secret: 's',
  })
  if (body.username === 'busy') return sendJson(response, { error: 'too_many_attempts' }, 429)
  if (body.password !== 'correct') return sendJson(response, { error: 'invalid_grant' }, 403)
  if (body.username === 'factor') return sendJson(response, { error: 'mfa_required', mfa_token: 'x' }, 403)
  return sendJson(response, { id_token: `${part({})}.${part({ sub: '42' })}.c2ln` })
}

/** Returns a port that no process uses. */
const freePort = () =>
  new Promise<number>((resolve) => {
    const one = createServer().listen(0, '127.0.0.1', () => {
      const { port } = one.address() as { port: number }
      one.close(() => resolve(port))
    })
  })

/** Runs an endpoint until the end of the test, and returns its URL. */
async function start(place: string, environment: Record<string, string>): Promise<string> {
  const folder = temporaryFolder()
  const users = ['ada', 'factor'].map((name) => {
    const user = { id: 42, name, salt: 'salt', sha1: hash('sha1', 'saltcorrect') }
    return name === 'factor' ? { ...user, totp: 'x' } : user
  })
  writeFileSync(join(folder, 'users.json'), JSON.stringify(users))
  const port = await freePort()
  const env = { SECRET, PORT: String(port), USERS: join(folder, 'users.json'), ...environment }
  const child: ChildProcess = spawn(process.execPath, [server, place], { env, stdio: 'inherit' })
  atEnd(() => void child.kill())
  const url = `http://127.0.0.1:${port}/verify`
  for (;;) {
    expect(child.exitCode).toBeNull()
    const isUp = await fetch(url).then(
      () => true,
      () => false,
    )
    if (isUp) return url
    await sleep(20)
  }
}

test('each endpoint has at most 25 lines', () => {
  const files = readdirSync(endpoint)
  const lines = files.map((file) => readFileSync(join(endpoint, file), 'utf8').trim().split('\n').length)
  expect(lines.every((count) => count <= 25)).toBe(true)
  for (const file of files) expect(section).toContain(`${file}\``)
})

test('the endpoint does not start without its secret', () => {
  for (const secret of [{}, { SECRET: '' }]) {
    const { status, stderr } = spawnSync(process.execPath, [server, './table.mjs'], {
      env: { PORT: '0', ...secret },
      encoding: 'utf8',
      timeout: 60_000,
    })
    expect(status).toBe(1)
    expect(stderr).toContain('SECRET is missing.')
  }
})

test('the file of the secret belongs to its owner alone', () => {
  const command = section.split('\n').find((line) => line.includes('secret.txt')) ?? ''
  const cwd = temporaryFolder()
  const sealed = spawnSync('sh', ['-c', `umask 022; ${command.replace(/npm run .*/, 'cat')}`], {
    cwd,
    encoding: 'utf8',
  })
  const file = join(cwd, 'secret.txt')
  expect(sealed.stdout).toMatch(/^[0-9a-f]{64}\n$/)
  expect(readFileSync(file, 'utf8')).toBe(sealed.stdout)
  expect(statSync(file).mode & 0o777).toBe(0o600)
})

const common = {
  API_KEY: 'a-key',
  CLIENT_ID: 'id',
  CLIENT_SECRET: 's',
  FIREBASE: farEnd.url,
  AUTH0: farEnd.url,
}

test.each<[what: string, place: string, responder?: Responder]>([
  ['Firebase', './firebase.mjs', firebase],
  ['Auth0', './auth0.mjs', auth0],
  ['a table of your own', './table.mjs'],
])(
  'the endpoint for %s gives each verdict, and none without its secret or its place',
  async (_what, place, responder) => {
    const url = await start(place, common)
    if (responder) farEnd.respond = responder
    const ask = (username: string, password: string, { id = '42', secret = SECRET } = {}) =>
      askEndpoint({ url, secret }, { id, username, password })
    expect(await ask('ada', 'correct')).toEqual({ verdict: 'correct' })
    expect(await ask('factor', 'correct')).toEqual({ verdict: 'correct-with-factor' })
    expect(await ask('ada', 'another')).toEqual({ verdict: 'wrong' })
    expect(await ask('ghost', 'another')).toEqual({ verdict: 'wrong' })
    expect(await ask('ada', 'correct', { id: '43' })).toEqual({ verdict: 'wrong' })
    expect(await ask('ada', 'correct', { secret: 'another' })).toMatchObject({ error: 'status_401' })
    if (responder) expect(await ask('busy', 'correct')).toMatchObject({ error: 'status_503' })
  },
)

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { STACK, startService } from '../deployment.ts'
import { verifyByPython } from '../operator.ts'
import { claimsOf, deployment, FUNCTIONS, kidOf, operator, ROOT } from '../stage.ts'

const users = (args: string[], input = '') =>
  operator.npmRun(['users', '--', ...args, '--stage', 'prod'], { input })

const PASSWORD = 'correct horse battery staple'
let service: Awaited<ReturnType<typeof startService>>
const tokens = { ada: '', root: '', adaRefresh: '' }

describe('npm run users -- --stage prod', () => {
  test('adds the first administrator and a user to an empty table', async () => {
    expect(await users(['list'])).toMatchObject({ status: 0, stdout: expect.not.stringContaining('ada') })
    expect(await users(['add', 'root', '--role', 'admin'], `${ROOT.password}\n`)).toMatchObject({
      status: 0,
      stdout: 'Added root with role admin.\n',
    })
    expect(await users(['add', 'ada'], `${PASSWORD}\n`)).toMatchObject({
      status: 0,
      stdout: 'Added ada with role user.\n',
    })
  })

  test('rejects a user who already exists', async () => {
    expect(await users(['add', 'ada'], `${PASSWORD}\n`)).toMatchObject({
      status: 1,
      stderr: 'User ada already exists.\n',
    })
  })

  test('lists and shows them', async () => {
    const { stdout } = await users(['list', '--json'])
    expect(JSON.parse(stdout)).toMatchObject([
      { username: 'ada', role: 'user', disabled: false },
      { username: 'root', role: 'admin', disabled: false },
    ])
    expect(JSON.parse((await users(['show', 'ada', '--json'])).stdout)).toMatchObject({
      username: 'ada',
      role: 'user',
    })
  })
})

describe('the uploaded functions, unpacked and run as Lambda does', () => {
  beforeAll(async () => {
    service = await startService(deployment, FUNCTIONS)
  })
  afterAll(() => service?.stop())

  test('login rejects a wrong password and accepts the correct one', async () => {
    expect(await service.post('login', { username: 'ada', password: 'wrong' })).toMatchObject({
      statusCode: 401,
      body: { detail: 'Incorrect username or password.' },
    })
    const response = await service.post('login', { username: 'ada', password: PASSWORD })
    expect(response).toMatchObject({
      statusCode: 200,
      body: {
        authToken: expect.any(String),
        tokenType: 'Bearer',
        expiresIn: 1800,
        refreshExpiresIn: 604_800,
      },
    })
    tokens.ada = response.body.authToken
    tokens.adaRefresh = response.body.refreshToken
    const root = await service.post('login', ROOT)
    tokens.root = root.body.authToken
  })

  test('the token is accepted for the user content, and not for the admin content', async () => {
    expect(await service.call('user-content', 'GET/', tokens.ada)).toMatchObject({
      statusCode: 200,
      body: { message: 'This content for authorised users only.', username: 'ada', role: 'user' },
    })
    expect(await service.call('admin-content', 'GET/admin', tokens.ada)).toBe('denied by the policy')
  })

  test('an administrator’s token is accepted for both', async () => {
    expect(await service.call('user-content', 'GET/', tokens.root)).toMatchObject({
      statusCode: 200,
      body: { username: 'root', role: 'admin' },
    })
    expect(await service.call('admin-content', 'GET/admin', tokens.root)).toMatchObject({
      statusCode: 200,
      body: { message: 'Admin only content.', username: 'root', role: 'admin' },
    })
  })

  test('PyJWT verifies the token by the published keys, and rejects a tampered one', async () => {
    const { body: jwks } = await service.jwks()
    expect(jwks.keys).toHaveLength(2)
    const given = { token: tokens.ada, jwks, issuer: await deployment.issuer(), audience: `${STACK}-api` }
    expect(verifyByPython(given)).toEqual({ claims: claimsOf(tokens.ada) })
    const [header, , signature] = tokens.ada.split('.')
    const [, otherClaims] = tokens.root.split('.')
    expect(verifyByPython({ ...given, token: `${header}.${otherClaims}.${signature}` })).toEqual({
      refused: 'InvalidSignatureError',
    })
    expect(verifyByPython({ ...given, audience: 'another service' })).toEqual({
      refused: 'InvalidAudienceError',
    })
  })

  test('the refresh token returns the next pair, and its session is listed', async () => {
    const response = await service.post('refresh', { refreshToken: tokens.adaRefresh })
    expect(response).toMatchObject({ statusCode: 200, body: { expiresIn: 1800 } })
    tokens.ada = response.body.authToken
    tokens.adaRefresh = response.body.refreshToken
    expect(await service.call('sessions', 'GET/sessions', tokens.ada)).toMatchObject({
      statusCode: 200,
      body: { sessions: [{ id: claimsOf(tokens.ada).sid, current: true }] },
    })
  })

  test('sessions end by their id and by signing out', async () => {
    const other = (await service.post('login', { username: 'ada', password: PASSWORD })).body
    const { sid } = claimsOf(other.authToken)
    const ending = { pathParameters: { id: sid } }
    expect(
      await service.call('DELETE /sessions/{id}', `DELETE/sessions/${sid}`, tokens.ada, ending),
    ).toMatchObject({
      statusCode: 204,
    })
    const rejected = { statusCode: 401, body: { title: 'Unauthorized' } }
    expect(await service.post('refresh', { refreshToken: other.refreshToken })).toMatchObject(rejected)

    const third = (await service.post('login', { username: 'ada', password: PASSWORD })).body
    expect(await service.post('logout', { refreshToken: third.refreshToken })).toMatchObject({
      statusCode: 204,
    })
    expect(await service.post('refresh', { refreshToken: third.refreshToken })).toMatchObject(rejected)
  })

  test('a password change revokes the issued tokens', async () => {
    const body = JSON.stringify({ currentPassword: PASSWORD, newPassword: `${PASSWORD} indeed` })
    const before = tokens.ada
    expect(await service.call('password', 'PUT/password', tokens.ada, { body })).toMatchObject({
      statusCode: 204,
    })
    await expect(service.authorize(before)).rejects.toThrow(/^Unauthorized$/)
    const response = await service.post('refresh', { refreshToken: tokens.adaRefresh })
    tokens.ada = response.body.authToken
    tokens.adaRefresh = response.body.refreshToken
    expect(await service.authorize(tokens.ada)).toMatchObject({ context: { username: 'ada' } })
  })

  test('a new role is in the next token, and a disabled user’s tokens are rejected', async () => {
    expect(await users(['set-role', 'ada', 'admin'])).toMatchObject({ status: 0 })
    await expect(service.authorize(tokens.ada)).rejects.toThrow(/^Unauthorized$/)
    const response = await service.post('refresh', { refreshToken: tokens.adaRefresh })
    tokens.adaRefresh = response.body.refreshToken
    expect(await service.call('admin-content', 'GET/admin', response.body.authToken)).toMatchObject({
      statusCode: 200,
      body: { username: 'ada', role: 'admin' },
    })

    expect(await users(['disable', 'ada'])).toMatchObject({ status: 0 })
    await expect(service.authorize(response.body.authToken)).rejects.toThrow(/^Unauthorized$/)
    expect(await service.post('refresh', { refreshToken: tokens.adaRefresh })).toMatchObject({
      statusCode: 401,
    })
    expect(await users(['enable', 'ada'])).toMatchObject({ status: 0 })
    expect(await users(['remove', 'ada', '--yes'])).toMatchObject({ status: 0, stdout: 'Removed ada.\n' })
  })

  test('no log contains a password or a token', () => {
    expect(service.logs()).toContain('login.accepted')
    for (const secret of [PASSWORD, tokens.root, tokens.ada, tokens.adaRefresh, kidOf(tokens.ada)]) {
      expect(service.logs()).not.toContain(secret)
    }
  })
})

import { verify } from 'node:crypto'
import { expect, test } from 'vitest'
import { useAws } from '../../test/support/aws/table.ts'
import { describeService } from '../../test/support/process/service-description.ts'
import { testUser } from '../../test/support/users/users.ts'
import { awsClient } from '../aws/client.ts'
import { secondOf } from '../time.ts'
import type { User } from '../users/user.ts'
import { issueToken } from './issue.ts'
import { readPublicKey } from './public-keys.ts'

const KEY = describeService().custom.auth.signingKey

const local = await useAws()

const now = new Date('2026-11-24T15:00:00.400Z')
const ada = testUser({ username: 'ada', role: 'admin' })

test('an access token contains its user, its session and its lifetime', async () => {
  const { authToken, ...rest } = await issue(ada)
  expect(rest).toStrictEqual({ tokenType: 'Bearer', expiresIn: 900 })
  expect(claimsOf(authToken)).toStrictEqual({
    iss: 'https://issuer.example',
    aud: 'the audience',
    sub: ada.id,
    client_id: 'first-party',
    username: 'ada',
    role: 'admin',
    iat: secondOf(now),
    exp: secondOf(now) + 900,
    jti: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
    sid: 'the session',
    gen: ada.generation,
    auth_time: 1_795_532_400,
    amr: ['pwd'],
    acr: 'aal1',
  })
})

test('it is signed with the key of its kid', async () => {
  const { authToken } = await issue(ada)
  const { key, kid } = await readPublicKey(awsClient(local.settings).within(Date.now() + 4_500), KEY)
  const [header = '', claims = '', signature = ''] = authToken.split('.')
  expect(parsed(header)).toStrictEqual({ alg: 'RS256', typ: 'at+jwt', kid })
  const input = Buffer.from(`${header}.${claims}`)
  expect(verify('sha256', input, key, Buffer.from(signature, 'base64url'))).toBe(true)
})

test('every token has its own jti', async () => {
  const tokens = [await issue(ada), await issue(ada)]
  const [first, second] = tokens.map(({ authToken }) => claimsOf(authToken))
  expect(first.jti).not.toBe(second.jti)
})

test('issuing fails if the key is missing', async () => {
  const call = issue(ada, { SIGNING_KEY: 'alias/missing' })
  await expect(call).rejects.toMatchObject({ code: 'unavailable', cause: { name: 'NotFoundException' } })
})

test('issuing fails after the deadline', async () => {
  await expect(issue(ada, {}, -1)).rejects.toMatchObject({
    code: 'unavailable',
    cause: { name: 'DeadlineExceeded' },
  })
})

/** Issues a token with these settings, within a time. */
const config = {
  SIGNING_KEY: KEY,
  TOKEN_ISSUER: 'https://issuer.example',
  TOKEN_AUDIENCE: 'the audience',
  TOKEN_TTL_SECONDS: 900,
}

const issue = (user: User, changes: Partial<typeof config> = {}, timeoutMs = 4_500) =>
  issueToken(
    {
      table: { aws: awsClient(local.settings).within(Date.now() + timeoutMs), name: '' },
      config: { ...config, ...changes },
      now,
    },
    user,
    { id: 'the session', authTime: 1_795_532_400, amr: 'pwd' },
  )

const parsed = (part = '') => JSON.parse(Buffer.from(part, 'base64url').toString())

const claimsOf = (token: string) => parsed(token.split('.')[1])

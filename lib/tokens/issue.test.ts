import { verify } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { type LocalAws, startLocalAws } from '../../local/aws.ts'
import { awsClient } from '../aws/client.ts'
import { newUser, revokeTokens, secondOf } from '../users/user.ts'
import { tokenIssuer } from './issue.ts'
import { readPublicKey } from './public-keys.ts'

let local: LocalAws
let issue: ReturnType<typeof tokenIssuer>

/** An issuer as a function has it that is told to sign with this key. */
function issuerWith(signingKey: string) {
  vi.stubEnv('SIGNING_KEY', signingKey)
  vi.stubEnv('TOKEN_ISSUER', 'the issuer')
  vi.stubEnv('TOKEN_AUDIENCE', 'the audience')
  vi.stubEnv('TOKEN_TTL_SECONDS', '900')
  vi.stubEnv('AWS_REGION', local.settings.region)
  vi.stubEnv('AWS_ACCESS_KEY_ID', local.settings.credentials.accessKeyId)
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', local.settings.credentials.secretAccessKey)
  vi.stubEnv('AWS_ENDPOINT_URL_KMS', local.settings.endpoints.kms.href)
  const issuer = tokenIssuer()
  vi.unstubAllEnvs()
  return issuer
}

beforeAll(async () => {
  const key = { Type: 'AWS::KMS::Alias', Properties: { AliasName: 'alias/signs' } }
  local = await startLocalAws([key], 'eu-central-1', 0)
})
afterAll(() => local.stop())
beforeEach(() => {
  issue = issuerWith('alias/signs')
})

const now = new Date('2026-11-24T15:00:00.400Z')
const ada = newUser('ada', 'admin', 'hash', new Date(0))
const parsed = (part = '') => JSON.parse(Buffer.from(part, 'base64url').toString())
const claimsOf = (token: string) => parsed(token.split('.')[1])

test('an access token says who it is for, which session it belongs to and how long it lasts', async () => {
  const { authToken, ...rest } = await issue(ada, 'the session', now)
  expect(rest).toStrictEqual({ tokenType: 'Bearer', expiresIn: 900 })
  expect(claimsOf(authToken)).toStrictEqual({
    iss: 'the issuer',
    aud: 'the audience',
    sub: 'ada',
    role: 'admin',
    iat: secondOf(now),
    exp: secondOf(now) + 900,
    jti: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
    sid: 'the session',
  })
})

test('it is signed with the key it names', async () => {
  const { authToken } = await issue(ada, 'the session', now)
  const { key, kid } = await readPublicKey(awsClient(local.settings), 'alias/signs')
  const [header = '', claims = '', signature = ''] = authToken.split('.')
  expect(parsed(header)).toStrictEqual({ alg: 'RS256', typ: 'at+jwt', kid })
  const input = Buffer.from(`${header}.${claims}`)
  expect(verify('sha256', input, key, Buffer.from(signature, 'base64url'))).toBe(true)
})

test('every one has an identifier of its own', async () => {
  const tokens = [await issue(ada, 'the session', now), await issue(ada, 'the session', now)]
  const [first, second] = tokens.map(({ authToken }) => claimsOf(authToken))
  expect(first.jti).not.toBe(second.jti)
})

test('one that is issued in the second of a revocation is not dead, and lasts as long', async () => {
  const revoked = { ...ada, ...revokeTokens(ada, now) }
  const { authToken } = await issue(revoked, 'the session', now)
  const { iat, exp } = claimsOf(authToken)
  expect({ iat, exp }).toEqual({ iat: revoked.validAfter, exp: revoked.validAfter + 900 })
})

test('without the key there is none', async () => {
  const call = issuerWith('alias/missing')(ada, 'the session', now)
  await expect(call).rejects.toMatchObject({ code: 'unavailable', cause: { name: 'NotFoundException' } })
})

test('when the time is up there is none', async () => {
  await expect(issue(ada, 'the session', now, Date.now() - 1)).rejects.toMatchObject({
    code: 'unavailable',
    cause: { name: 'DeadlineExceeded' },
  })
})

import { afterAll, beforeAll, expect, test } from 'vitest'
import { awsClient, withTimeout } from '../lib/aws/client.ts'
import { readUnverified, verifyAccessToken } from '../lib/tokens/access-token.ts'
import { publicKeyCache } from '../lib/tokens/public-keys.ts'
import {
  describeService,
  resourcesOf,
  tokenPartiesOf,
  tokenSourceOf,
} from '../test/support/service-description.ts'
import { type LocalAws, startLocalAws } from './aws.ts'
import { fillTokens } from './tokens.ts'

const service = describeService()
const parties = tokenPartiesOf(service)
const now = new Date()
let aws: LocalAws

beforeAll(async () => {
  aws = await startLocalAws(resourcesOf(service), service.provider.region, 0)
})
afterAll(() => aws.stop())

const fill = <T>(event: T) => fillTokens(event, tokenSourceOf(service, aws), now)

async function verify(token: string) {
  const call = withTimeout(awsClient(aws.settings), 4_500)
  const keys = await publicKeyCache()(call, [service.custom.signingKey], undefined, now)
  return verifyAccessToken(readUnverified(token), keys, parties, now)
}

test.each(['user', 'admin'])(
  'the place of %s\u2019s token is filled with a good one, wherever it is',
  async (name) => {
    const place = `{{${name} token}}`
    const event = await fill({ token: `Bearer ${place}`, list: [place], other: 7, none: null })
    const [token] = event.list as [string]
    expect(event).toEqual({ token: `Bearer ${token}`, list: [token], other: 7, none: null })
    expect(await verify(token)).toMatchObject({ username: name, role: name })
  },
)

test('the place of an expired token is filled with one whose only fault that is', async () => {
  await expect(verify(await fill('{{expired user token}}'))).rejects.toMatchObject({
    cause: { code: 'ERR_JWT_EXPIRED' },
  })
})

test('the place of a forged token is filled with one whose only fault is its signature', async () => {
  await expect(verify(await fill('{{forged admin token}}'))).rejects.toMatchObject({
    cause: { code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' },
  })
})

test('an event without places stays as it is', async () => {
  expect(await fill({ body: '{"a":{}}' })).toEqual({ body: '{"a":{}}' })
})

test.each(['{{root token}}', '{{user}}', '{{}}', '{{stale user token}}'])('%s is no place', async (place) => {
  await expect(fill(place)).rejects.toThrow(new RangeError(`sample events have no ${place}`))
})

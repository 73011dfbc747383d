import { expect, test } from 'vitest'
import { awsClient, withTimeout } from '../lib/aws/client.ts'
import { readUnverified, verifyAccessToken } from '../lib/tokens/access-token.ts'
import { publicKeyCache } from '../lib/tokens/public-keys.ts'
import { useAws } from '../test/support/aws/table.ts'
import {
  describeService,
  tokenPartiesOf,
  tokenSourceOf,
} from '../test/support/process/service-description.ts'
import { fillTokens } from './tokens.ts'

const service = describeService()
const parties = tokenPartiesOf(service)
const now = new Date()

const aws = await useAws(service)

test.each(['user', 'admin'])(
  'a placeholder of a token of %s becomes a valid token, anywhere in the event',
  async (name) => {
    const placeholder = `{{${name} token}}`
    const event = await fill({ token: `Bearer ${placeholder}`, list: [placeholder], other: 7, none: null })
    const [token] = event.list as [string]
    expect(event).toEqual({ token: `Bearer ${token}`, list: [token], other: 7, none: null })
    expect(await verify(token)).toMatchObject({ username: name, role: name })
  },
)

test('the placeholder of an expired token becomes a token that is only expired', async () => {
  await expect(verify(await fill('{{expired user token}}'))).rejects.toMatchObject({
    message: 'token rejected: expired',
  })
})

test('a placeholder of a forged token becomes a token with only its signature wrong', async () => {
  await expect(verify(await fill('{{forged admin token}}'))).rejects.toMatchObject({
    message: 'token rejected: the signature does not verify',
  })
})

test('an event without placeholders stays as it is', async () => {
  expect(await fill({ body: '{"a":{}}' })).toEqual({ body: '{"a":{}}' })
})

test.each(['{{root token}}', '{{user}}', '{{}}', '{{stale user token}}'])(
  '%s is an unknown placeholder',
  async (placeholder) => {
    await expect(fill(placeholder)).rejects.toThrow(new RangeError(`sample events have no ${placeholder}`))
  },
)

const fill = <T>(event: T) => fillTokens(event, tokenSourceOf(service, aws), now)

async function verify(token: string) {
  const call = withTimeout(awsClient(aws.settings), 4_500)
  const keys = await publicKeyCache()(call, [service.custom.auth.signingKey], undefined, now)
  return verifyAccessToken(readUnverified(token), keys, parties, now)
}

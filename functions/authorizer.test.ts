import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type LocalAws, startLocalAws } from '../local/aws.ts'
import { fillTokens } from '../local/tokens.ts'
import { loadHandler } from '../test/support/handlers.ts'
import { lambdaContext, sampleEvent } from '../test/support/lambda.ts'
import { describeService, resourcesOf, tokenSourceOf } from '../test/support/service-description.ts'

const service = describeService()
let aws: LocalAws
let userToken: string
let forgedToken: string

beforeAll(async () => {
  for (const method of ['info', 'error'] as const) vi.spyOn(console, method).mockReturnValue()
  aws = await startLocalAws(resourcesOf(service), service.provider.region, 0)
  userToken = await tokenFor('{{user token}}', service.custom.signingKey)
  forgedToken = await tokenFor('{{forged admin token}}', service.custom.signingKey)
})
afterAll(() => aws.stop())

const tokenFor = (place: string, signingKey: string) =>
  fillTokens(place, tokenSourceOf(service, aws, signingKey), new Date())

const eventWith = (authorizationToken: unknown) => ({ ...sampleEvent('authorizer.json'), authorizationToken })

test.each(['Bearer', 'bearer', 'BEARER', 'Bearer  '])('accepts the scheme %j', async (scheme) => {
  const handler = await loadHandler(service, 'authorizer', aws)
  expect(await handler(eventWith(`${scheme} ${userToken}`), lambdaContext())).toMatchObject({
    context: { username: 'user', role: 'user' },
  })
})

test.each<[string, (token: string) => unknown]>([
  ['without a scheme', (token) => token],
  ['of another scheme', (token) => `Basic ${token}`],
  ['without a token', () => 'Bearer '],
  ['with two tokens', (token) => `Bearer ${token} ${token}`],
  ['with something before it', (token) => ` Bearer ${token}`],
  ['that is missing', () => undefined],
  ['that is not a string', () => ({ token: 'x' })],
])('rejects a header %s as Unauthorized', async (_what, header) => {
  const handler = await loadHandler(service, 'authorizer', aws)
  await expect(handler(eventWith(header(userToken)), lambdaContext())).rejects.toThrow(/^Unauthorized$/)
})

test('accepts a token of the published key that does not sign now', async () => {
  const handler = await loadHandler(service, 'authorizer', aws)
  const token = await tokenFor('{{user token}}', service.custom.keyB)
  expect(await handler(eventWith(`Bearer ${token}`), lambdaContext())).toMatchObject({
    context: { username: 'user' },
  })
})

test('never reports an outage as Unauthorized, not even for a forged token', async () => {
  const down = { ...aws, settings: { ...aws.settings, endpoints: { ...aws.settings.endpoints } } }
  // Nothing listens on the discard port.
  down.settings.endpoints.kms = new URL('http://127.0.0.1:9')
  const handler = await loadHandler(service, 'authorizer', down)
  for (const token of [userToken, forgedToken]) {
    await expect(handler(eventWith(`Bearer ${token}`), lambdaContext())).rejects.toMatchObject({
      code: 'unavailable',
      message: 'kms GetPublicKey failed',
    })
  }
})

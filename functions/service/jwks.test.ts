import { createLocalJWKSet, jwtVerify } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LocalAws, startLocalAws } from '../../local/aws.ts'
import { fillTokens } from '../../local/tokens.ts'
import { loadHandler } from '../../test/support/http/handlers.ts'
import { lambdaContext, parsed, sampleEvent } from '../../test/support/http/lambda.ts'
import {
  describeService,
  resourcesOf,
  tokenPartiesOf,
  tokenSourceOf,
} from '../../test/support/process/service-description.ts'

const service = describeService()
let aws: LocalAws

beforeAll(async () => {
  aws = await startLocalAws(resourcesOf(service), service.provider.region)
})
afterAll(() => aws.stop())

test('a client verifies tokens of either key with the published keys', async () => {
  const handler = await loadHandler(service, 'metadata', aws)
  const { body } = parsed(await handler(sampleEvent('metadata-jwks.json'), lambdaContext()))
  for (const key of [service.custom.auth.keyA, service.custom.auth.keyB]) {
    const token = await fillTokens('{{admin token}}', tokenSourceOf(service, aws, key), new Date())
    const { payload } = await jwtVerify(token, createLocalJWKSet(body), tokenPartiesOf(service))
    expect(payload).toMatchObject({ username: 'admin', role: 'admin' })
  }
})

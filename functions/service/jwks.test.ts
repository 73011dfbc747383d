import { createLocalJWKSet, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { fillTokens } from '../../local/tokens.ts'
import { useAws } from '../../test/support/aws/table.ts'
import { loadHandler } from '../../test/support/http/handlers.ts'
import { lambdaContext, parsed, sampleEvent } from '../../test/support/http/lambda.ts'
import {
  describeService,
  tokenPartiesOf,
  tokenSourceOf,
} from '../../test/support/process/service-description.ts'

const service = describeService()

const aws = await useAws(service)

test('a client verifies tokens of either key with the published keys', async () => {
  const handler = await loadHandler(service, 'metadata', aws)
  const { body } = parsed(await handler(sampleEvent('GET /.well-known/jwks.json'), lambdaContext()))
  for (const key of [service.custom.auth.keyA, service.custom.auth.keyB]) {
    const token = await fillTokens('{{admin token}}', tokenSourceOf(service, aws, key), new Date())
    const { payload } = await jwtVerify(token, createLocalJWKSet(body), tokenPartiesOf(service))
    expect(payload).toMatchObject({ username: 'admin', role: 'admin' })
  }
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { route as discovery } from '../../functions/service/discovery.ts'
import { sampleEvent } from '../support/http/lambda.ts'
import { root } from '../support/process/service-description.ts'
import { codeUnder } from './programs.ts'

const document = readFileSync(join(root, 'docs/VERIFYING.md'), 'utf8')

test.each(['FastAPI and PyJWT', 'Express', 'Node and jose', 'Lambda and aws-jwt-verify', 'Go'])(
  'the program for %s has 20 to 40 lines',
  (heading) => {
    const lines = codeUnder(heading).trimEnd().split('\n').length
    expect(lines).toBeGreaterThanOrEqual(20)
    expect(lines).toBeLessThanOrEqual(40)
  },
)

/** Members that OpenID Connect Discovery 1.0 section 3 requires. */
const REQUIRED = [
  'issuer',
  'authorization_endpoint',
  'token_endpoint',
  'jwks_uri',
  'response_types_supported',
  'subject_types_supported',
  'id_token_signing_alg_values_supported',
]

test('VERIFYING.md lists the members that the metadata lacks without OAuth', async () => {
  const config = { TOKEN_ISSUER: 'https://auth.example.com', OAUTH: false, CLIENT_METADATA_HOSTS: [] }
  const request = { config, now: new Date(), deadlineMs: 0, allowedOrigins: [] }
  const { body } = await discovery(sampleEvent('GET /.well-known/openid-configuration'), request)
  const metadata: object = JSON.parse(body)
  const [, sentence = ''] = /requires them:\n(.*?)\. /s.exec(document) ?? []
  const named = [...sentence.matchAll(/`(\w+)`/g)].map(([, name]) => name)
  expect(named).toEqual(REQUIRED.filter((name) => !(name in metadata)))
})

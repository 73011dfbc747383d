import type { KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { APIGatewayAuthorizerResult, APIGatewayTokenAuthorizerEvent, Context } from 'aws-lambda'
import { vi } from 'vitest'
import { GUARDED_ROUTES, userStatements } from '../support/http/authorizer-policy.ts'
import { recordLogs } from '../support/logs.ts'

export const ISSUER = 'https://issuer.example'
export const AUDIENCE = 'https://api.example'
export const USER_ID = 'Ada-Lovelace-1815-12-A'

/** Starts a loopback server that counts its requests. */
export async function countingServer(respond: RequestListener) {
  const counted = { url: '', hits: 0, close: () => server.close() }
  const server = createServer((request, response) => {
    counted.hits += 1
    respond(request, response)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  counted.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return counted
}

/**
 * Loads the authorizer with a KMS of two keys. The test holds the private keys, so that it can sign a token that is
 * wrong in one point only.
 */
export async function loadAuthorizer(keys: { a: KeyObject; b: KeyObject }) {
  const kms = await countingServer(async (request, response) => {
    const { KeyId } = JSON.parse(Buffer.concat(await request.toArray()).toString())
    const key = KeyId === 'alias/a' ? keys.a : keys.b
    const PublicKey = key.export({ format: 'der', type: 'spki' }).toString('base64')
    response.end(JSON.stringify({ PublicKey }))
  })
  // Every user exists and is enabled, so every rejection is the token's fault.
  const dynamodb = await countingServer((_request, response) => {
    response.end('{"Item":{"disabled":{"BOOL":false},"generation":{"N":"7"}}}')
  })
  const settings = {
    TABLE_NAME: 'table',
    GUARDED_ROUTES,
    SCOPED_ROUTES: 'none',
    PUBLISHED_KEYS: 'alias/a,alias/b',
    TOKEN_ISSUER: ISSUER,
    TOKEN_AUDIENCE: AUDIENCE,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url,
    AWS_ENDPOINT_URL_KMS: kms.url,
  }
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value)
  const { handler } = await import('../../functions/authorizer.ts')

  const log: unknown[] = []
  recordLogs(log, ['info', 'error'])
  return {
    kms,
    dynamodb,
    close() {
      kms.close()
      dynamodb.close()
    },
    /** Calls the authorizer, and returns what it returned or threw and what it logged. */
    async authorize(authorizationToken: unknown) {
      log.length = 0
      const event = { type: 'TOKEN', authorizationToken, methodArn: METHOD_ARN }
      const context = { getRemainingTimeInMillis: () => 5_000 } as Context
      const result: APIGatewayAuthorizerResult | Error = await handler(
        event as APIGatewayTokenAuthorizerEvent,
        context,
      ).catch((error) => error)
      return { result, log: [...log] }
    },
  }
}

const STAGE_ARN = 'arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/dev'
const METHOD_ARN = `${STAGE_ARN}/GET/`

/** Second at which the user of every token signed in. */
export const AUTH_TIME = 1_799_999_990

/** The whole result that allows a user everything but the administrators' routes. */
export const allowUser = (username: string, expiresAt: number) => ({
  principalId: USER_ID,
  policyDocument: {
    Version: '2012-10-17',
    Statement: userStatements(STAGE_ARN),
  },
  context: {
    userId: USER_ID,
    username,
    role: 'user',
    expiresAt: String(expiresAt),
    generation: '7',
    sessionId: 'the-session',
    acr: 'aal1',
    authTime: String(AUTH_TIME),
  },
})

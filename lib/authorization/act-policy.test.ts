import type { APIGatewayProxyEvent } from 'aws-lambda'
import { afterEach, expect, test, vi } from 'vitest'
import type { Principal } from '../users/user.ts'
import { actPolicyFor } from './act-policy.ts'
import { principalOf } from './principal.ts'

const ARN = 'arn:aws:execute-api:eu-central-1:123456789012:api/dev/POST/notes'
const STAGE = 'arn:aws:execute-api:eu-central-1:123456789012:api/dev'
const ada = { userId: 'ada', role: 'user', attributes: {} } as unknown as Principal

const statementsOf = (routes: string) => actPolicyFor(ada, 'sue', ARN, routes).policyDocument.Statement

test('actPolicyFor allows what every user or the role of the user may read, and the context has one value', () => {
  expect(statementsOf('GET/notes=* HEAD/notes=* GET/reports=admin GET/news=admin|user')).toEqual([
    {
      Action: 'execute-api:Invoke',
      Effect: 'Allow',
      Resource: ['GET/notes', 'HEAD/notes', 'GET/news'].map((route) => `${STAGE}/${route}`),
    },
  ])
  expect(Object.keys(actPolicyFor(ada, 'sue', ARN, 'none').context ?? {})).toEqual(['act'])
})

test.each([
  'none',
  'GET/reports=admin',
  'POST/notes=*',
  'DELETE/notes=*',
  'GETTING/notes=*',
  'TARGET/notes=*',
])('actPolicyFor denies all with the routes %s', (routes) => {
  expect(statementsOf(routes)).toEqual([
    { Action: 'execute-api:Invoke', Effect: 'Deny', Resource: `${STAGE}/*` },
  ])
})

test.each(['', 'GET/notes', 'GET/notes=', 'GET /notes=*'])('actPolicyFor refuses the routes %j', (routes) => {
  expect(() => statementsOf(routes)).toThrow('ACT_AS_ROUTES must be none, or routes such as GET/=user')
})

afterEach(() => vi.unstubAllEnvs())

test('only a function with actAs reads user and operator, and only for GET or HEAD', () => {
  const now = new Date('2026-11-24T12:00:00Z')
  const operatorId = 'Grace-Hopper-1906-12-A'
  const user: Principal = {
    userId: 'Ada-Lovelace-1815-12-A',
    username: 'ada',
    role: 'user',
    expiresAt: now.getTime() / 1000 + 60,
    generation: 7,
    sessionId: 'act',
    acr: 'aal1',
    authTime: 0,
    attributes: Object(),
  }
  const { context: authorizer } = actPolicyFor(user, operatorId, ARN, 'GET/notes=*')
  vi.stubEnv('AUTH_TAKES_ACTS', 'on')
  expect(read('GET')).toEqual({ ...user, actor: { userId: operatorId } })
  expect(read('HEAD').actor).toEqual({ userId: operatorId })
  for (const method of ['POST', 'TARGET', 'GETTING'])
    expect(() => read(method)).toThrow('no authorizer context')
  vi.stubEnv('AUTH_TAKES_ACTS', '')
  expect(() => read('GET')).toThrow('no authorizer context')

  function read(httpMethod: string) {
    const event = { httpMethod, requestContext: { authorizer } }
    return principalOf(event as unknown as APIGatewayProxyEvent, now)
  }
})

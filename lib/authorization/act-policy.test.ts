import { expect, test } from 'vitest'
import type { Principal } from '../users/user.ts'
import { actPolicyFor } from './act-policy.ts'

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

test.each(['none', 'GET/reports=admin', 'POST/notes=*', 'DELETE/notes=*', 'GETTING/notes=*'])(
  'actPolicyFor denies all with the routes %s',
  (routes) => {
    expect(statementsOf(routes)).toEqual([
      { Action: 'execute-api:Invoke', Effect: 'Deny', Resource: `${STAGE}/*` },
    ])
  },
)

test.each(['', 'GET/notes', 'GET/notes=', 'GET /notes=*'])('actPolicyFor refuses the routes %j', (routes) => {
  expect(() => statementsOf(routes)).toThrow('ACT_AS_ROUTES must be none, or routes such as GET/=user')
})

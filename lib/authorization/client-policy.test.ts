import { expect, test } from 'vitest'
import { allows, readAuthorization } from '../../local/gateway/gateway-rules.ts'
import { clientPolicyFor } from './client-policy.ts'

const stage = 'arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/dev'
const scoped = 'GET/notes=notes:read|notes:all GET/notes/=notes:read|notes:all PUT/notes/*=notes:all'
const userId = 'Ada-Lovelace-1815-12-A'
const caller = (scope: string) => ({
  clientId: 'shop',
  userId,
  scopes: scope.split(' '),
  expiresAt: 1_795_534_200,
})
const policy = (scope: string, path = 'GET/', routes = scoped) =>
  clientPolicyFor(caller(scope), `${stage}/${path}`, routes)
const opens = (scope: string, arn: string) =>
  allows(readAuthorization(policy(scope))?.statements ?? [], arn.startsWith('arn:') ? arn : `${stage}/${arn}`)

test('a client may call the routes that demand one of its scopes, and no others', () => {
  expect(policy('openid notes:read')).toEqual({
    principalId: 'shop',
    policyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Action: 'execute-api:Invoke',
          Effect: 'Allow',
          Resource: [`${stage}/GET/notes`, `${stage}/GET/notes/`],
        },
      ],
    },
    context: {
      clientId: 'shop',
      clientUserId: userId,
      clientScope: 'openid notes:read',
      clientExpiresAt: '1795534200',
    },
  })
})

test('a client without any of the scopes may call nothing', () => {
  expect(policy('openid').policyDocument.Statement).toEqual([
    { Action: 'execute-api:Invoke', Effect: 'Deny', Resource: `${stage}/*` },
  ])
})

test('the context of a machine has no user', () => {
  const { context } = clientPolicyFor({ ...caller('notes:read'), userId: undefined }, `${stage}/GET/`, scoped)
  expect(context).not.toHaveProperty('clientUserId')
})

test('the result is the same for every route, because API Gateway caches it', () => {
  for (const path of ['GET/notes', 'PUT/notes/7', 'DELETE/me']) {
    expect(policy('notes:read', path)).toEqual(policy('notes:read'))
  }
})

test.each<[string, string, boolean]>([
  ['notes:read', 'GET/notes', true],
  ['notes:read', 'GET/notes/', true],
  ['notes:read', 'PUT/notes/7', false],
  ['notes:all', 'PUT/notes/7', true],
  ['notes:all', 'GET/notes', true],
  ['notes:read', 'POST/notes', false],
  ['notes:read', 'GET/notes/7', false],
  ['notes:read', 'GET/', false],
  ['notes:read', 'GET/me', false],
  ['notes', 'GET/notes', false],
  ['notes:read|notes:all', 'GET/notes', false],
  ['', 'GET/notes', false],
  ['notes:read', stage.replace(/dev$/, 'prod/GET/notes'), false],
  ['notes:read', stage.replace('abcdef1234', 'other12345').concat('/GET/notes'), false],
])('with the scope %j, API Gateway opens %s: %s', (scope, arn, isOpen) => {
  expect(opens(scope, arn)).toBe(isOpen)
})

test.each(['', 'none', 'GET/notes', 'GET/notes=', 'GET/notes=a  GET/x=a', 'notes=a'])(
  'no client gets a policy while the scoped routes are %j',
  (routes) => {
    expect(() => policy('notes:read', 'GET/', routes)).toThrow('SCOPED_ROUTES must be none, or routes')
  },
)

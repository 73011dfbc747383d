import { expect, test } from 'vitest'
import { allows, readAuthorization } from '../../local/gateway/gateway-rules.ts'
import { adminStatements, userStatements } from '../../test/support/http/authorizer-policy.ts'
import type { UserAttributes } from '../application/attributes.ts'
import type { Role } from '../application/roles.ts'
import { askedByRestApi, policyFor } from './policy.ts'

const stage = 'arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/dev'
const guarded = 'GET/admin=admin GET/admin/=admin'

test('a user may call the whole stage, and is denied the routes of administrators', () => {
  expect(policy('user')).toEqual({
    principalId: 'Ada-Lovelace-1815-12-A',
    policyDocument: {
      Version: '2012-10-17',
      Statement: userStatements(stage, guarded),
    },
    context: contextOf('user'),
  })
})

test('an administrator may call the whole stage', () => {
  expect(policy('admin')).toEqual({
    principalId: 'Ada-Lovelace-1815-12-A',
    policyDocument: {
      Version: '2012-10-17',
      Statement: adminStatements(stage),
    },
    context: contextOf('admin'),
  })
})

test('the context has the attributes of the application as one text', () => {
  const attributes: UserAttributes = Object({ plan: 'gold' })
  const { context } = policyFor({ ...principal('user'), attributes }, `${stage}/GET/`, guarded)
  expect(context).toEqual({ ...contextOf('user'), attributes: '{"plan":"gold"}' })
})

test('a REST API takes clients if a route names scopes', () => {
  const asked = (SCOPED_ROUTES: string) =>
    askedByRestApi(
      { type: 'TOKEN', authorizationToken: 'Bearer token', methodArn: `${stage}/GET/` },
      { GUARDED_ROUTES: guarded, SCOPED_ROUTES },
    )
  expect(asked('none')).toMatchObject({ header: 'Bearer token', takesClients: false })
  expect(asked('GET/notes=notes:read').takesClients).toBe(true)
  expect(asked('none').forUser(principal('user'))).toEqual(policy('user'))
})

test('the result is the same for every route, because API Gateway caches it', () => {
  for (const path of ['GET/admin', 'DELETE/admin/users/7', 'POST/deeply/nested/route', 'GET']) {
    expect(policyFor(principal('user'), `${stage}/${path}`, guarded)).toEqual(policy('user'))
  }
})

test.each([
  ['GET/', true],
  ['GET/anything/else', true],
  ['GET/admin', false],
  ['GET/admin/', false],
  ['GET/admin/users', true],
  ['POST/admin', true],
  ['GET/Admin', true],
  ['GET/administration', true],
])('API Gateway lets a user call %s: %s, and an administrator call it', (path, isOpen) => {
  expect(opens('user', `${stage}/${path}`)).toBe(isOpen)
  expect(opens('admin', `${stage}/${path}`)).toBe(true)
})

test('without guarded routes, every caller has the policy of an administrator', () => {
  const { policyDocument } = policy('user', 'none')
  expect(policyDocument.Statement).toEqual(adminStatements(stage))
})

test('a route for several roles is denied to the others', () => {
  const { policyDocument } = policy('user', 'DELETE/articles/*=editor|admin')
  expect(policyDocument.Statement).toContainEqual({
    Action: 'execute-api:Invoke',
    Effect: 'Deny',
    Resource: [`${stage}/DELETE/articles/*`],
  })
})

test.each(['abcdef1234/prod/GET/', 'other12345/dev/GET/', 'abcdef1234/dev2/GET/'])(
  'the result does not allow %s, another stage or API',
  (path) => {
    expect(opens('admin', `arn:aws:execute-api:eu-central-1:123456789012:${path}`)).toBe(false)
  },
)

test.each([
  '',
  'GET/admin',
  'GET/admin=',
  'GET/admin=admin  GET/x=admin',
  'admin=admin',
  'xGET/admin=admin',
  'GET/admin=admin=x',
])('no caller gets a policy while the guarded routes are %j', (routes) => {
  expect(() => policy('admin', routes)).toThrow('GUARDED_ROUTES must be none, or routes')
})

const principal = (role: Role) => ({
  userId: 'Ada-Lovelace-1815-12-A',
  username: 'ada',
  role,
  expiresAt: 1_795_534_200,
  generation: 7,
  sessionId: 'the-session',
  acr: 'aal1' as const,
  authTime: 1_795_532_400,
  attributes: {} as UserAttributes,
})

/** Each value as a text. */
const contextOf = (role: Role) => ({
  ...principal(role),
  attributes: undefined,
  expiresAt: '1795534200',
  generation: '7',
  authTime: '1795532400',
})

const policy = (role: Role, routes = guarded) => policyFor(principal(role), `${stage}/GET/`, routes)

const opens = (role: Role, arn: string) => allows(readAuthorization(policy(role))?.statements ?? [], arn)

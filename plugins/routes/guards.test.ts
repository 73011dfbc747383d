import { expect, test } from 'vitest'
import { ROLES } from '../../lib/application/roles.ts'
import type { WrittenFunction } from '../framework.d.ts'
import { faultsOfGuards, faultsOfRole, guardedRoutes, rolesOf } from './guards.ts'

const route = (method: string, path: string, role?: unknown, authorizer: string | null = 'auth') => ({
  handler: 'it.handler',
  ...(role !== undefined && { role }),
  events: [{ http: { method, path, ...(authorizer && { authorizer }) } }],
})

test.each([
  ['a path', [route('get', 'admin', 'admin')], 'GET/admin=admin GET/admin/=admin'],
  ['a path with a slash in front', [route('get', '/admin', 'admin')], 'GET/admin=admin GET/admin/=admin'],
  ['the root', [route('get', '/', 'admin')], 'GET/=admin'],
  ['two roles', [route('get', 'drafts', ['user', 'admin'])], 'GET/drafts=user|admin GET/drafts/=user|admin'],
  ['a parameter', [route('delete', 'articles/{id}', 'admin')], 'DELETE/articles/*=admin'],
  [
    'a parameter within the path',
    [route('get', 'articles/{id}/log', 'admin')],
    'GET/articles/*/log=admin GET/articles/*/log/=admin',
  ],
  ['the rest of a path', [route('get', 'files/{proxy+}', 'admin')], 'GET/files/*=admin'],
  [
    'every method',
    [route('any', 'x', 'admin')],
    ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT']
      .map((method) => `${method}/x=admin ${method}/x/=admin`)
      .join(' '),
  ],
  [
    'a route as a text',
    [{ handler: 'x', role: 'admin', events: [{ http: 'GET admin' }] }],
    'GET/admin=admin GET/admin/=admin',
  ],
  ['a function without roles', [route('get', 'me')], ''],
  ['an ARN of IAM', [route('get', 'me', 'arn:aws:iam::123456789012:role/own')], ''],
])('the guarded routes of %s', (_, functions, expected) => {
  expect(guardedRoutes(Object.fromEntries(Object.entries(functions)))).toBe(expected)
})

test.each([
  ['admin', ['admin']],
  [
    ['user', 'admin'],
    ['user', 'admin'],
  ],
  [['admin', 'boss'], undefined],
  [[], undefined],
  [undefined, undefined],
])('the role %j names the roles %j', (role, roles) => {
  expect(rolesOf({ handler: 'it.handler', role })).toEqual(roles)
})

const user = route('get', 'users/{id}', 'admin')

test.each([
  ['below it', route('get', 'users/{id}/avatar')],
  ['beside it, with a fixed name', route('get', 'users/me')],
  ['of every method', route('any', 'users/{id}/avatar')],
  ['for another role', route('get', 'users/{id}/avatar', 'user')],
  ['that begins with a parameter', route('get', '{area}/{id}/avatar')],
  ['of any length', route('get', '{proxy+}')],
  ['of any length below it', route('get', 'users/{proxy+}')],
  ['above it, which may end with a slash', route('get', 'users')],
])('a resource with a wildcard is left out if it would match a route %s', (_, other) => {
  expect(guardedRoutes({ user, other })).not.toContain('users/*')
})

test('it is left out beside a route for its role and another one', () => {
  const other = route('get', 'users/{id}/avatar', ['admin', 'user'])
  expect(guardedRoutes({ user, other })).not.toContain('users/*=')
})

test.each([
  ['of another method', route('post', 'users/{id}/avatar')],
  ['of another area', route('get', 'teams/{id}/avatar')],
  ['for the same role', route('get', 'users/{id}/avatar', 'admin')],
])('it stays beside a route %s', (_, other) => {
  expect(guardedRoutes({ user, other })).toContain('GET/users/*=admin')
})

test('a route that is left out is a fault in a project, but not beside a route without an authorizer', () => {
  expect(faultsOfGuards({ user, other: route('get', 'users/me') })).toEqual([
    'Function user names a role, but its route GET /users/{id} also matches GET /users/me of function other, which other roles may use. Give other the same role, or another path.',
  ])
  const open = route('get', 'users/me', undefined, null)
  expect(faultsOfGuards({ user, open })).toEqual([])
  expect(guardedRoutes({ user, open })).toContain('GET/users/*=admin')
})

test('a message about a function that the project cannot change asks for another path', () => {
  const [fault] = faultsOfGuards({ user, other: route('get', 'users/me') }, { other: {} })
  expect(fault).toMatch(
    /of other of serverless-jwt-auth, which other roles may use\. Give yours another path\.$/,
  )
})

test.each([
  ['a role of IAM', route('get', 'x', 'OrdersRole'), ['OrdersRole'], []],
  ['one in small letters', { handler: 'it.handler', role: 'workerRole' }, ['workerRole'], []],
  ['one that another plugin makes', { handler: 'it.handler', role: 'OrdersRole' }, [], []],
  ...['ordersRole', 'Orders-Role'].map((role): [string, WrittenFunction, string[], string[]] => [
    `none, ${role}`,
    { handler: 'it.handler', role },
    [],
    [
      `Function it has an unknown role "${role}". Use one of ${ROLES.join(', ')}, or name a role of IAM by Fn::GetAtt.`,
    ],
  ]),
  [
    'one that does not exist',
    route('get', 'x', 'OrdersRole'),
    ['Other'],
    [
      `Function it has an unknown role "OrdersRole". Use one of ${ROLES.join(', ')}, or name a role of IAM by Fn::GetAtt.`,
    ],
  ],
  [
    'admin, which users have but for capitals',
    route('get', 'x', 'admin'),
    ['admin'],
    [
      'Function it names the role "admin", a role of IAM in resources, and users have the role "admin". Name that of IAM as { Fn::GetAtt: [admin, Arn] }, or give it another logical id.',
    ],
  ],
  [
    'Admin, which users have but for capitals',
    route('get', 'x', 'Admin'),
    ['Admin'],
    [
      'Function it names the role "Admin", a role of IAM in resources, and users have the role "admin". Name that of IAM as { Fn::GetAtt: [Admin, Arn] }, or give it another logical id.',
    ],
  ],
  [
    'a variable that is not resolved',
    route('get', 'x', `\${param:boss}`),
    [],
    [
      `Function it has an unknown role "\${param:boss}". Use one of ${ROLES.join(', ')}, or name a role of IAM by Fn::GetAtt.`,
    ],
  ],
])('a role that is the logical id of %s', (_, definition, iamRoles, faults) => {
  expect(faultsOfRole('it', definition, iamRoles)).toEqual(faults)
})

test.each([['url', { url: true }]])('a role at a function with %s is a fault', (entry, members) => {
  expect(faultsOfRole('b', { handler: 'it.handler', role: 'admin', ...members })).toEqual([
    `Function b names a role, which only http and httpApi events know. It has ${entry} too.`,
  ])
})

test('a route of every method leaves out those that another route of its path has for other roles', () => {
  const every = route('any', 'drafts', 'admin')
  const guarded = guardedRoutes({ every, own: route('get', 'drafts'), other: route('put', 'drafts', 'user') })
  const left = ['DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'POST'].flatMap((method) => [
    `${method}/drafts=admin`,
    `${method}/drafts/=admin`,
  ])
  expect(guarded.split(' ')).toEqual(expect.arrayContaining(left))
  expect(guarded).not.toMatch(/(GET|PUT)\/drafts\/?=admin/)
})

test('a route stays beside one of every method, which the gateway takes only for other methods', () => {
  const [one, every] = [route('get', 'drafts', 'admin'), route('any', 'drafts')]
  expect(guardedRoutes({ one, every })).toBe('GET/drafts=admin GET/drafts/=admin')
})

test.each([
  [
    'a mistyped role',
    route('get', 'admin', 'admn'),
    'Function admin has an unknown role "admn". Did you mean admin?',
  ],
  ['no role', route('get', 'admin', ''), 'Function admin has an empty role.'],
  ['an empty role', route('get', 'admin', null), 'Function admin has an empty role.'],
  ['an empty list of roles', route('get', 'admin', []), 'Function admin has an empty role.'],
  [
    'a list with a mistyped role',
    route('get', 'admin', ['admin', 'users']),
    'Function admin has an unknown role "users". Did you mean user?',
  ],
  [
    'a route that anybody may use',
    route('get', 'admin', 'admin', null),
    'Function admin names a role, so each of its routes needs "authorizer: auth".',
  ],
])('%s is a fault', (_, definition, fault) => {
  expect(faultsOfRole('admin', definition)).toEqual([fault])
})

test.each([
  ['a role', route('get', 'admin', 'admin')],
  [
    'another event before the route',
    {
      ...route('get', 'admin', 'admin'),
      events: [{ schedule: 'rate(1 day)' }, ...route('get', 'admin').events],
    },
  ],
  ['no role at all', route('get', 'admin', undefined, null)],
  ['an ARN', route('get', 'admin', 'arn:aws:iam::123456789012:role/own', null)],
  ['a reference', route('get', 'admin', { 'Fn::GetAtt': ['Own', 'Arn'] }, null)],
])('%s is no fault', (_, definition) => {
  expect(faultsOfRole('admin', definition)).toEqual([])
})

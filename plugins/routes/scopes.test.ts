import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { root } from '../../test/support/process/service-description.ts'
import { filesIn } from '../functions/functions.ts'
import {
  faultsOfScopes,
  faultsOfWildcards,
  keepScopeFile,
  SCOPE_FILE,
  scopedRoutes,
  scopeFile,
  scopesIn,
} from './scopes.ts'

test.each([
  ['a path', [route('get', 'notes', ['notes:read'])], 'GET/notes=notes:read GET/notes/=notes:read'],
  ['the root', [route('get', '/', ['a'])], 'GET/=a'],
  ['two scopes', [route('get', '/x/', ['a', 'b'])], 'GET/x=a|b GET/x/=a|b'],
  ['a parameter', [route('put', 'notes/{id}', ['a'])], 'PUT/notes/*=a'],
  ['a function without scopes', [route('get', 'me')], ''],
])('the scoped routes of %s', (_, functions, expected) => {
  expect(scopedRoutes(Object.fromEntries(Object.entries(functions)))).toBe(expected)
})

/** A function with one route. */
function route(method: string, path: string, scopes?: unknown, authorizer: string | null = 'auth') {
  const event = { http: { method, path, ...(authorizer && { authorizer }) } }
  return { handler: 'it.handler', ...(scopes !== undefined && { scopes }), events: [event] }
}

const FORM = 'A scope has 1 to 64 letters, digits and :._/- but is not one of OpenID Connect.'
const NO_ROUTE = 'Function notes names scopes, but has no route.'
const LIST = 'The scopes of function notes must be a list, such as [notes:read].'

test.each<[string, object, string]>([
  ['a text', route('get', 'notes', 'notes:read'), LIST],
  ['an empty list', route('get', 'notes', []), LIST],
  ['no value', route('get', 'notes', null), LIST],
  ['a space', route('get', 'notes', ['a b']), `Function notes has an invalid scope "a b". ${FORM}`],
  ['a comma', route('get', 'notes', ['a,b']), `Function notes has an invalid scope "a,b". ${FORM}`],
  ['a bar', route('get', 'notes', ['a|b']), `Function notes has an invalid scope "a|b". ${FORM}`],
  ['an equals sign', route('get', 'notes', ['a=b']), `Function notes has an invalid scope "a=b". ${FORM}`],
  [
    'a space after the colon',
    route('get', 'notes', [{ notes: 'read' }]),
    `Function notes has an invalid scope "{"notes":"read"}". ${FORM}`,
  ],
  [
    'a scope of users',
    route('get', 'notes', ['openid']),
    `Function notes has an invalid scope "openid". ${FORM}`,
  ],
  [
    'a role too',
    { ...route('get', 'notes', ['notes:read']), role: 'admin' },
    'Function notes names a role and scopes. Clients have no role.',
  ],
  [
    'a route that anybody may use',
    route('get', 'notes', ['notes:read'], null),
    'Function notes names scopes, so each of its routes needs "authorizer: auth".',
  ],
  ['no route', { scopes: ['notes:read'] }, NO_ROUTE],
  ['other events alone', { scopes: ['notes:read'], events: [{ schedule: 'rate(1 day)' }] }, NO_ROUTE],
  ...['websocket', 'alb'].map((entry): [string, object, string] => [
    entry,
    { scopes: ['a'], events: [...route('get', 'notes').events, { [entry]: {} }] },
    `Function notes names scopes, which only http and httpApi events know. It has ${entry} too.`,
  ]),
  [
    'a mistyped property',
    { ...route('get', 'notes'), scope: 'notes:read' },
    'Function notes has no property "scope". Did you mean scopes?',
  ],
])('scopes with %s are a fault', (_, definition, fault) => {
  expect(faultsOfScopes('notes', { handler: 'it.handler', ...definition })).toEqual([fault])
})

test('scopes, and no scopes, are no fault', () => {
  expect(faultsOfScopes('notes', route('get', 'notes', ['notes:read', 'Notes/v1.all_x-y']))).toEqual([])
  const role = 'arn:aws:iam::123456789012:role/own'
  expect(faultsOfScopes('notes', { ...route('get', 'notes', ['notes:read']), role })).toEqual([])
  expect(faultsOfScopes('me', route('get', 'me', undefined, null))).toEqual([])
})

const note = route('get', 'notes/{id}', ['notes:read'])

test.each([
  ['below it', route('get', 'notes/{id}/log')],
  ['beside it, with a fixed name', route('get', 'notes/all')],
  ['of every method', route('any', 'notes/{id}/log')],
  ['for another scope', route('get', 'notes/{id}/log', ['notes:log'])],
  ['above it, which may end with a slash', route('get', 'notes')],
  ['with another authorizer', route('get', 'notes/{id}/log', undefined, 'aws_iam')],
])('a route with a parameter is refused beside a route %s', (_, other) => {
  const [{ http }] = other.events as [{ http: { method: string; path: string } }]
  expect(faultsOfWildcards({ note, other })).toContainEqual(
    `Clients with a scope of function note would reach ${http.method.toUpperCase()} /${http.path} of function other, because GET /notes/{id} has a parameter. Give other the same scopes, or another path.`,
  )
})

test('a message about a function that the project cannot change asks for another path', () => {
  expect(faultsOfWildcards({ note, other: route('get', 'notes/all') }, { other: {} })).toEqual([
    'Clients with a scope of function note would reach GET /notes/all of other of serverless-jwt-auth, because GET /notes/{id} has a parameter. Give yours another path.',
  ])
})

const anyNote = route('any', 'notes', ['notes:read'])

test.each([
  ['without scopes', 'DELETE /notes', route('delete', 'notes')],
  ['for another scope', 'PUT /notes', route('put', '/notes/', ['notes:admin'])],
  ['of every method too', 'ANY /notes', route('any', 'notes')],
])('a route of every method is refused beside a route of its path %s', (_, shown, other) => {
  expect(faultsOfWildcards({ note: anyNote, other })).toEqual([
    `Clients with a scope of function note would reach ${shown} of function other, because ANY /notes has the same path. Give other the same scopes, or another path.`,
  ])
})

test.each([
  ['for the same scope', anyNote, route('delete', 'notes', ['notes:read', 'notes:log'])],
  ['of another path', anyNote, route('delete', 'teams')],
  // The gateway takes the route of the method first.
  ['of every other method', route('get', 'notes', ['notes:read']), route('any', 'notes')],
])('a route of its path may stand beside a route %s', (_, note, other) => {
  expect(faultsOfWildcards({ note, other })).toEqual([])
})

test.each([
  ['of another method', route('post', 'notes/{id}/log')],
  ['of another area', route('get', 'teams/{id}/log')],
  ['for the same scope', route('get', 'notes/{id}/log', ['notes:read', 'notes:log'])],
  ['that anybody may use', route('get', 'notes/{id}/log', undefined, null)],
])('a route with a parameter may stand beside a route %s', (_, other) => {
  const faults = faultsOfWildcards({ note, other })
  expect(faults.filter((fault) => fault.includes('scope of function note'))).toEqual([])
})

test('a route with one of several scopes is no place for clients that have another one', () => {
  const [both, one] = [route('get', 'notes/{id}', ['a', 'b']), route('get', 'notes/{id}/log', ['a'])]
  expect(faultsOfWildcards({ both, one })).toContainEqual(
    expect.stringMatching(
      '^Clients with a scope of function both would reach GET /notes/{id}/log of function one',
    ),
  )
})

test('the file with the type has each scope once, and none without scopes', () => {
  expect(scopesIn({ a: route('get', 'a', ['y', 'x:1']), b: route('get', 'b', ['y']) })).toEqual(['x:1', 'y'])
  expect(scopeFile(['1x', 'x:1', 'y12'])).toContain(
    "interface Scopes {\n  '1x': true\n  'x:1': true\n  y12: true\n}\n\n/** A scope that a function demands of clients. Another name in a handler does not compile. */\nexport type Scope = keyof Scopes\n",
  )
  expect(scopeFile([])).toMatch(/\nexport type Scope = never\n$/)
})

test('the file with the type is kept where a service has it, and made nowhere', () => {
  mkdirSync(`${root}/.results`, { recursive: true })
  const folder = mkdtempSync(`${root}/.results/scopes-`)
  onTestFinished(() => rmSync(folder, { recursive: true }))
  keepScopeFile(folder, ['notes:read'])
  expect(() => readFileSync(`${folder}/${SCOPE_FILE}`)).toThrow()
  mkdirSync(`${folder}/lib/authorization`, { recursive: true })
  writeFileSync(`${folder}/${SCOPE_FILE}`, '')
  keepScopeFile(folder, ['notes:read'])
  expect(readFileSync(`${folder}/${SCOPE_FILE}`, 'utf8')).toBe(scopeFile(['notes:read']))
  utimesSync(`${folder}/${SCOPE_FILE}`, 1, 1)
  keepScopeFile(folder, ['notes:read'])
  expect(statSync(`${folder}/${SCOPE_FILE}`).mtimeMs).toBe(1_000)
})

test(`${SCOPE_FILE} has the scopes of the functions. If it does not, run sls print`, () => {
  const written = ['serverless.yml', ...filesIn(root)].map((path) => {
    const file = parse(readFileSync(`${root}/${path}`, 'utf8'))
    return path === 'serverless.yml' ? file.functions : file
  })
  expect(readFileSync(`${root}/${SCOPE_FILE}`, 'utf8')).toBe(
    scopeFile(scopesIn(Object.assign({}, ...written))),
  )
})

import { expect, test } from 'vitest'
import { actRoutes, faultsOfActs, faultsOfOpenedByActs, settingsOfActs } from './acts.ts'
import { authorizerSettings } from './settings.ts'

const route = (method: string, path: string, more: object = {}) => ({
  handler: 'it.handler',
  events: [{ http: { method, path, authorizer: 'auth' } }],
  ...more,
})
const READ = { actAs: true }

test('operators may read GET and HEAD of functions with actAs, and for the roles of the function', () => {
  const functions = {
    note: route('any', 'notes/{id}', READ),
    drafts: route('get', 'drafts', { ...READ, role: ['user', 'admin'] }),
    add: route('post', 'notes', READ),
    other: route('get', 'others'),
    closed: route('get', 'closed', { actAs: false }),
  }
  expect(actRoutes(functions)).toBe(
    'GET/notes/*=* HEAD/notes/*=* GET/drafts=user|admin GET/drafts/=user|admin',
  )
})

test.each([
  ['a text', route('get', 'notes', { actAs: 'on' }), 'The actAs of function notes must be true or false.'],
  ['no route that reads', route('post', 'notes', READ), 'so needs a GET or HEAD route'],
  [
    'no authorizer',
    { handler: 'x', events: [{ http: 'GET notes' }], actAs: true },
    'so needs a GET or HEAD route',
  ],
  [
    'a public route',
    { handler: 'x', events: [{ http: { path: 'notes', method: 'get' } }], actAs: true },
    'so needs a GET or HEAD route with "authorizer: auth"',
  ],
  [
    'another authorizer',
    { handler: 'x', events: [{ http: { path: 'notes', method: 'get', authorizer: 'mine' } }], actAs: true },
    'so needs a GET or HEAD route with "authorizer: auth"',
  ],
  [
    'another authorizer where it reads',
    {
      handler: 'x',
      events: [
        { http: { path: 'notes', method: 'get', authorizer: 'mine' } },
        { http: { path: 'notes', method: 'post', authorizer: 'auth' } },
      ],
      actAs: true,
    },
    'so needs a GET or HEAD route with "authorizer: auth"',
  ],
  ['no route', { handler: 'x', actAs: true }, 'so needs a GET or HEAD route with "authorizer: auth"'],
  [
    'a WebSocket API',
    { ...route('get', 'notes', READ), events: [{ websocket: '$connect' }] },
    'only http events know. It has websocket too.',
  ],
  ['a function URL', route('get', 'notes', { ...READ, url: true }), 'only http events know. It has url too.'],
  [
    'a route of an HTTP API',
    {
      handler: 'x',
      events: [{ httpApi: { path: '/notes', method: 'get', authorizer: 'auth' } }],
      actAs: true,
    },
    'It has httpApi too.',
  ],
])('a function with actAs and %s is refused', (_, definition, fault) => {
  expect(faultsOfActs('notes', definition)).toEqual([expect.stringContaining(fault)])
})

test.each([
  ['without actAs', route('post', 'notes')],
  ['with actAs: false', route('post', 'notes', { actAs: false })],
  ['with actAs and a route that reads', route('get', 'notes', READ)],
])('a function %s has no fault', (_, definition) => {
  expect(faultsOfActs('notes', definition)).toEqual([])
})

const note = route('get', 'notes/{id}', READ)

test.each([
  [
    'without actAs',
    route('get', 'notes/{id}/log'),
    'which has no actAs. Give log the same actAs, or another path.',
  ],
  [
    'for fewer roles',
    route('get', 'notes/all', { ...READ, role: 'admin' }),
    'which not every role of note may use. Give log the same role, or another path.',
  ],
])('a route with a wildcard is refused if it would open a route %s', (_, log, fault) => {
  expect(faultsOfOpenedByActs({ note, log })).toEqual([
    expect.stringMatching(/^Function note has actAs, and its route .* also matches .* of function log, /),
  ])
  expect(faultsOfOpenedByActs({ note, log }).join()).toContain(fault)
  expect(faultsOfOpenedByActs({ note, log }, { log }).join()).toContain('Give yours another path.')
})

test.each([
  ['with actAs, for the same roles', route('get', 'notes/{id}/log', READ)],
  ['of another method', route('post', 'notes/{id}/log')],
  ['of another area', route('get', 'teams/{id}')],
  ['without an authorizer', { handler: 'x', events: [{ http: 'GET notes/{id}/log' }] }],
])('it stays beside a route %s', (_, log) => {
  expect(faultsOfOpenedByActs({ note, log })).toEqual([])
})

test('a route for one role opens no route that its users may use anyway', () => {
  const admins = route('get', 'notes/{id}', { ...READ, role: 'admin' })
  const all = route('get', 'notes/all', { ...READ, role: ['admin', 'user'] })
  expect(faultsOfOpenedByActs({ admins, all })).toEqual([])
  expect(faultsOfOpenedByActs({ admins, all: { ...all, role: 'user' } })).toHaveLength(1)
})

test('with actAs=off, functions and the authorizer are as without actAs', () => {
  expect(settingsOfActs(note, { actAs: 'off' })).toEqual({})
  expect(settingsOfActs({ handler: 'x' }, { actAs: 'on' })).toEqual({})
  expect(settingsOfActs(note, { actAs: 'on' })).toEqual({ AUTH_TAKES_ACTS: 'on' })
  const settings = { GUARDED_ROUTES: 'none', SCOPED_ROUTES: 'none', ACT_AS_ROUTES: 'GET/notes/*=*' }
  const { ACT_AS_ROUTES: _, ...others } = settings
  expect(authorizerSettings(settings, { actAs: 'off' })).toEqual(others)
  expect(authorizerSettings(settings, { actAs: 'on' })).toEqual(settings)
  expect(authorizerSettings(others, { actAs: 'on' })).toEqual({ ...others, ACT_AS_ROUTES: 'none' })
})

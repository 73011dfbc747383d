import { expect, test } from 'vitest'
import { actRoutes, faultsOfActs, faultsOfOpenedByActs } from './acts.ts'

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

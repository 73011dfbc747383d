import { expect, test } from 'vitest'
import { asRule, faultsOfAuthEvents, withFailedEvents } from './auth-events.ts'

const faults = (authEvent: unknown, eventBus = 'changes') =>
  faultsOfAuthEvents('welcome', { handler: 'welcome.handler', events: [{ authEvent }] }, eventBus)

test('an authEvent becomes a rule on the bus, which leaves imports out and never gives up before 24 hours', () => {
  expect(asRule({ authEvent: 'user.created' })).toEqual({
    eventBridge: {
      eventBus: { 'Fn::GetAtt': ['EventBus', 'Name'] },
      pattern: {
        'detail-type': ['user.created'],
        detail: { data: { via: [{ 'anything-but': ['users import'] }] } },
      },
      retryPolicy: { maximumRetryAttempts: 185, maximumEventAge: 86_400 },
      deadLetterQueueArn: { 'Fn::GetAtt': ['FailedEvents', 'Arn'] },
    },
  })
  const list = Object(asRule({ authEvent: ['user.created', 'user.deleted'] }))
  expect(list.eventBridge.pattern['detail-type']).toEqual(['user.created', 'user.deleted'])
})

test('the third failure of a function puts its event into the queue, as the role of the function may', () => {
  const arn = { 'Fn::GetAtt': ['FailedEvents', 'Arn'] }
  const send = { Effect: 'Allow', Action: ['sqs:SendMessage'], Resource: [arn] }
  const own = { Effect: 'Allow', Action: ['s3:GetObject'], Resource: ['*'] }
  const written = { handler: 'welcome.handler', events: [{ authEvent: 'user.created' }] }
  const onFailure = { type: 'sqs', arn }
  const onSuccess = 'report'
  const rows: [object, object][] = [
    [{}, { destinations: { onFailure } }],
    [{ settings: ['table'] }, { destinations: { onFailure }, iamRoleStatements: [send] }],
    [{ may: [] }, { destinations: { onFailure }, iamRoleStatements: [send] }],
    [{ iamRoleStatements: [own] }, { destinations: { onFailure }, iamRoleStatements: [own, send] }],
    [{ destinations: { onSuccess } }, { destinations: { onSuccess, onFailure } }],
    [{ may: [], destinations: { onFailure: 'report' } }, {}],
    [{ may: [], events: [{ http: 'GET /' }] }, {}],
  ]
  for (const [given, expected] of rows) {
    const definition = { ...written, ...given }
    expect(withFailedEvents(definition)).toEqual({ ...definition, ...expected })
  }
})

test('another event stays as it is', () => {
  for (const event of [{ http: { method: 'get', path: 'notes' } }, { schedule: 'rate(1 hour)' }]) {
    expect(asRule(event)).toBe(event)
  }
})

test.each([
  ['user.create', 'Function welcome has an unknown authEvent "user.create". Did you mean user.created?'],
  [
    'session.reuse',
    'Function welcome has an unknown authEvent "session.reuse". Did you mean session.reused?',
  ],
  ['users.exported', 'Function welcome has an unknown authEvent "users.exported".'],
  [[], 'The authEvent of function welcome must be a type, such as user.created, or a list of types.'],
  [
    { type: 'x' },
    'The authEvent of function welcome must be a type, such as user.created, or a list of types.',
  ],
  [null, 'The authEvent of function welcome must be a type, such as user.created, or a list of types.'],
  [
    'session.created',
    'The parameter eventBus must be all, because function welcome has the authEvent session.created.',
  ],
])('the authEvent %j is refused', (authEvent, fault) => {
  expect(faults(authEvent)).toEqual([expect.stringContaining(fault)])
})

test('each type of a list is held against the types that leave', () => {
  expect(faults(['user.created', 'user.create', 'clint.deleted']).length).toBe(2)
  expect(faults(['user.created', 'session.created'], 'all')).toEqual([])
})

test.each(['off', undefined])('with eventBus=%s, an authEvent is refused', (eventBus) => {
  const refused = faultsOfAuthEvents(
    'welcome',
    { handler: '', events: [{ authEvent: 'user.created' }] },
    eventBus,
  )
  expect(refused).toEqual([
    'The parameter eventBus must be changes or all, because function welcome has an authEvent.',
  ])
  expect(faultsOfAuthEvents('other', { handler: '', events: [{ http: 'get /' }] }, eventBus)).toEqual([])
})

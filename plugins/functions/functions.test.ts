import { expect, test } from 'vitest'
import { ROLES } from '../../lib/application/roles.ts'
import { functionsOf } from './functions.ts'

const custom = {
  stage: 'dev',
  table: { TABLE_NAME: 'table' },
  tokens: { TOKEN_ISSUER: 'issuer', TOKEN_AUDIENCE: 'api' },
  throttles: { 'POST /login': '200/100' },
  authorizer: { name: 'authorizer', type: 'token' },
}

test('a function has its groups of settings, and its own settings over them', () => {
  const environment = { TOKEN_AUDIENCE: 'another' }
  const login = { handler: 'login.handler', settings: ['tokens', 'table'], environment }
  expect(functionsOf(custom, [['functions/functions.yml', { login }]])).toEqual({
    functions: {
      login: {
        handler: 'login.handler',
        environment: {
          TABLE_NAME: 'table',
          TOKEN_ISSUER: 'issuer',
          TOKEN_AUDIENCE: 'another',
        },
      },
    },
    faults: [],
  })
})

test('a function without settings stays as it is written', () => {
  const content = { handler: 'content.handler', events: [{ http: 'get content' }, { http: { path: '/' } }] }
  expect(functionsOf(custom, [['serverless.yml', { content }]])).toEqual({
    functions: { content },
    faults: [],
  })
})

test('auth stands for the authorizer', () => {
  const http = { method: 'get', path: 'me' }
  const me = { handler: 'me.handler', events: [{ http: { ...http, authorizer: 'auth' } }, { http }] }
  expect(functionsOf(custom, [['serverless.yml', { me }]]).functions.me?.events).toEqual([
    { http: { ...http, authorizer: custom.authorizer } },
    { http },
  ])
})

test('an event of an HTTP API that another plugin changes stays as it was written', () => {
  const httpApi = { method: 'get', path: '/me', authorizer: 'auth' }
  const me = { handler: 'me.handler', events: [{ httpApi: { ...httpApi } }] }
  const { functions } = functionsOf(custom, [['serverless.yml', { me }]])
  delete Object(functions.me?.events?.[0]?.httpApi).authorizer
  expect(me.events).toEqual([{ httpApi }])
})

test.each([
  [{}, 'none'],
  [{ role: 'admin' }, 'GET/me=admin GET/me/=admin'],
])('a route of a function with %j leaves the authorizer the guarded routes %s', (role, GUARDED_ROUTES) => {
  const me = {
    handler: 'me.handler',
    ...role,
    events: [{ http: { method: 'get', path: 'me', authorizer: 'auth' } }],
  }
  const { functions } = functionsOf(custom, [
    ['serverless.yml', { me, authorizer: { handler: 'authorizer.handler' } }],
  ])
  expect(functions.authorizer?.environment).toEqual({ GUARDED_ROUTES, SCOPED_ROUTES: 'none' })
})

test('events that are no list are left to the framework, which refuses them', () => {
  const events = { http: { method: 'get', path: 'me', authorizer: 'auth' } } as never
  const me = { handler: 'me.handler', events }
  expect(functionsOf(custom, [['serverless.yml', { me }]]).functions.me?.events).toBe(events)
})

test('the scopes of functions are settings of the authorizer, the metadata and the description', () => {
  const http = { method: 'get', path: 'notes', authorizer: 'auth' }
  const notes = { handler: 'notes.handler', scopes: ['notes:read', 'notes:all'], events: [{ http }] }
  const { functions } = functionsOf(custom, [
    ['serverless.yml', { notes }],
    [
      'functions/functions.yml',
      { authorizer: { handler: 'a' }, metadata: { handler: 'm' }, openapi: { handler: 'o' } },
    ],
  ])
  expect(functions).toMatchObject({
    authorizer: {
      environment: {
        SCOPED_ROUTES: 'GET/notes=notes:read|notes:all GET/notes/=notes:read|notes:all',
        GUARDED_ROUTES: 'none',
      },
    },
    metadata: { environment: { API_SCOPES: 'notes:all,notes:read' } },
    openapi: { environment: { API_SCOPES: 'notes:all,notes:read' } },
  })
  expect(functions.notes).not.toHaveProperty('scopes')
})

/** Returns routes with two resources each, and one with a single resource, whose path is longer. */
const eventsOf = (count: number, longer = 0) =>
  [...Array.from({ length: count }, (_, index) => `notes-${index}`), `${'n'.repeat(longer)}/{id}`].map(
    (path) => ({ http: { method: 'get', path, authorizer: 'auth' } }),
  )

/** The policy of a longer name may take more bytes, and the last of the longest ones is named. */
const longest = ROLES.filter((role) => role !== 'admin').toSorted((a, b) => b.length - a.length)[0]
test.each([
  ['scopes', { scopes: ['notes:read'] }, 'a client with all scopes', 30],
  ['roles', { role: 'admin' }, `the role ${longest}`, 36],
  ['actAs', { actAs: true }, `an operator who acts as a user with the role ${longest}`, 36],
])(
  'routes with %s are refused from the byte on that the authorizer’s result may not have',
  (what, more, who, count) => {
    const faultsOf = (longer: number) => {
      const notes = { handler: 'notes.handler', ...more, events: eventsOf(count, longer) }
      return functionsOf(custom, [['serverless.yml', { notes }]]).faults
    }
    const first = Array.from({ length: 500 }, (_, index) => index + 1).find((one) => faultsOf(one).length > 0)
    expect(first).toBeGreaterThan(1)
    expect(faultsOf(Number(first))).toEqual([
      `The authorizer's result for ${who} may take 8193 bytes, and API Gateway takes 8192. Name ${what} at fewer routes, or join routes by a parameter, such as notes/{id}.`,
    ])
  },
)

test('routes that the environment of the authorizer cannot hold are refused', () => {
  const scopes = ['a', 'b', 'c'].map((name) => name.repeat(64))
  const notes = { handler: 'notes.handler', scopes, events: eventsOf(8) }
  expect(functionsOf(custom, [['serverless.yml', { notes }]]).faults).toEqual([
    expect.stringMatching(
      /^The routes with roles, scopes and actAs, and those of the HTTP API, take 3\d{3} characters of the authorizer's environment\./,
    ),
  ])
})

test('the environment of the authorizer has room for 3,000 characters of routes', () => {
  const faultsOf = (length: number) => {
    // In "none", "none" and "GET/…=any".
    const httpApi = { method: 'get', path: `/${'n'.repeat(length - 16)}`, authorizer: 'auth' }
    return functionsOf(custom, [['serverless.yml', { notes: { handler: 'x', events: [{ httpApi }] } }]])
      .faults
  }
  expect(faultsOf(3_000)).toEqual([])
  expect(faultsOf(3_001)).toEqual([expect.stringContaining(' take 3001 characters of ')])
})

test('a key in two files and an unknown group are refused', () => {
  const me = { handler: 'me.handler' }
  const { faults } = functionsOf(custom, [
    ['serverless.yml', { me }],
    ['functions/account/functions.yml', { me, other: { ...me, settings: ['tabel', 'throttles'] } }],
    ['functions/mail/functions.yml', { mailer: { ...me, settings: 'table' as unknown as string[] } }],
  ])
  expect(faults).toEqual([
    'Function me stands in serverless.yml and in functions/account/functions.yml.',
    'Function other has no settings "tabel". Did you mean table?',
    'Function other has no settings "throttles".',
    'The settings of function mailer must be a list.',
  ])
})

test('a function of which only the first letter differs in size has the same logical id', () => {
  const me = { handler: 'me.handler' }
  const files = [
    ['serverless.yml', { Me: me, 'log-in': me, own: me, Own: me }],
    ['functions/functions.yml', { me, logDashin: me }],
  ] as const
  expect(functionsOf(custom, files).faults).toEqual([
    'Function Me of serverless.yml gets the same logical id as me of functions/functions.yml.',
    'Function log-in of serverless.yml gets the same logical id as logDashin of functions/functions.yml.',
  ])
})

const withAuthorizers = (...authorizers: unknown[]) => {
  const events = authorizers.map((authorizer) => ({ http: { method: 'get', path: 'me', authorizer } }))
  return functionsOf(custom, [
    ['serverless.yml', { me: { handler: 'me.handler', events } }],
    ['functions/functions.yml', { authorizer: { handler: 'authorizer.handler' } }],
  ]).faults
}

test('an unknown authorizer is refused, and those of API Gateway are not', () => {
  const arn = 'arn:aws:lambda:eu-central-1:123456789012:function:own'
  const id = { type: 'CUSTOM', authorizerId: { Ref: 'Own' }, name: 'authorizer' }
  expect(withAuthorizers('me', 'aws_iam', 'AWS_IAM', arn, { name: 'own', arn }, { arn }, id, {})).toEqual([])
  expect(withAuthorizers('aut', 'my-authorizer', 'aws_iam2', 'own:arn:aws')).toEqual([
    'Function me has an unknown authorizer "aut". Did you mean auth?',
    'Function me has an unknown authorizer "my-authorizer". Did you mean auth?',
    'Function me has an unknown authorizer "aws_iam2".',
    'Function me has an unknown authorizer "own:arn:aws".',
  ])
})

const OWN_ARN = 'arn:aws:lambda:eu-central-1:123456789012:function:shop-dev'

test.each([
  ['authorizer', 'authorizer'],
  ['Authorizer', { name: 'Authorizer', arn: `${OWN_ARN}-staff` }],
  ['authorizer', { name: 'authorizer', arn: `${OWN_ARN}-staff`, resultTtlInSeconds: 0 }],
  ['authorizer', { name: 'authorizer', type: 'COGNITO_USER_POOLS', arn: { Ref: 'Pool' } }],
  ['authorizer', { name: 'authorizer' }],
  ['authorizer', { arn: `${OWN_ARN}-authorizer` }],
  ['authorizer', `${OWN_ARN}-authorizer`],
])('an authorizer with the name %s is refused: %j', (name, authorizer) => {
  expect(withAuthorizers(authorizer)).toEqual([
    `Function me has an authorizer with the name "${name}", which is that of serverless-jwt-auth. Give yours another name, or write "authorizer: auth".`,
  ])
})

test.each([
  ['no events', { events: null }],
  ['an empty event', { events: [null] }],
  ['an empty route', { events: [{ http: null }, { http: { method: null } }] }],
])('a function with %s is left to the framework', (_, members) => {
  const me = { handler: 'me.handler', ...members } as object as { handler: string }
  const { functions, faults } = functionsOf(custom, [['serverless.yml', { me }]])
  expect([Object.keys(functions), faults]).toEqual([['me'], []])
})

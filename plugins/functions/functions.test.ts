import { expect, test } from 'vitest'
import { functionsOf } from './functions.ts'

const custom = {
  stage: 'dev',
  table: { TABLE_NAME: 'table' },
  tokens: { TOKEN_ISSUER: 'issuer', TOKEN_AUDIENCE: 'api' },
  throttles: { 'POST /login': '200/100' },
}
const variable = (name: string) => `\${self:custom.auth.${name}}`

test('a function has its groups of settings, and its own settings over them', () => {
  const environment = { TOKEN_AUDIENCE: 'another' }
  const login = { handler: 'login.handler', settings: ['tokens', 'table'], environment }
  expect(functionsOf(custom, [['functions/functions.yml', { login }]])).toEqual({
    functions: {
      login: {
        handler: 'login.handler',
        environment: {
          TABLE_NAME: variable('table.TABLE_NAME'),
          TOKEN_ISSUER: variable('tokens.TOKEN_ISSUER'),
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
    { http: { ...http, authorizer: variable('authorizer') } },
    { http },
  ])
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

test.each([
  ['scopes', { scopes: ['notes:read'] }, 'a client with all scopes', 30],
  ['roles', { role: 'admin' }, 'the role user', 36],
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
      /^The routes with roles and scopes take 3\d{3} characters of the authorizer's environment\./,
    ),
  ])
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

test('an unknown authorizer is refused, and those of API Gateway are not', () => {
  const withAuthorizer = (authorizer: unknown) => ({ http: { method: 'get', path: 'me', authorizer } })
  const me = {
    handler: 'me.handler',
    events: [
      'me',
      'aws_iam',
      'arn:aws:lambda:eu-central-1:123456789012:function:own',
      variable('own'),
      {},
      'aut',
    ].map(withAuthorizer),
  }
  expect(functionsOf(custom, [['serverless.yml', { me }]]).faults).toEqual([
    'Function me has an unknown authorizer "aut". Did you mean auth?',
  ])
})

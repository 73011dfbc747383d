import { expect, test } from 'vitest'
import { ROWS } from '../../lib/openapi/routes/rows.ts'
import { withRoutes } from '../routes/row-events.ts'
import { switchDevices } from './devices.ts'
import { switchOff } from './switches.ts'

const PAGES = ['docs', 'signin']
const OAUTH = ['approve', 'authorize', 'token']
const MAIL = ['mailer', 'mail-requests', 'reset', 'change-email', 'confirm-email']
const CONSOLE = [
  ...new Set(
    ROWS.filter(({ needs = [] }) => /console|actAs/.test([needs].flat().join(' '))).map((row) =>
      String(row.function),
    ),
  ),
]
const REMOVABLE = [
  ...PAGES,
  'account-pages',
  ...OAUTH,
  ...MAIL,
  'new-account',
  'device',
  'fetch-client',
  'federation',
  'new-identity',
  'identities',
  'login-mail',
  'proof',
  ...CONSOLE,
]
const [INVOKE, READ] = ['invokeMailer', 'readSessions']
const FOR_URLS = ['readDocuments', 'invokeClientFetcher']
const FOR_CLIENTS = ['readClients', 'readGrants', 'readGrantSources']
const mailFrom = 'no-reply@example.org'

test.each([
  [{}, []],
  [{ pages: 'on' }, PAGES],
  // Without mails, users cannot confirm an address.
  [{ registration: 'open' }, []],
  [{ mailFrom }, MAIL],
  [{ mailFrom, registration: 'invite' }, [...MAIL, 'new-account']],
  [{ mailFrom, registration: 'open' }, [...MAIL, 'new-account']],
  [{ pages: 'on', mailFrom }, [...PAGES, 'account-pages', ...MAIL]],
  [{ pages: 'on', oauth: 'on' }, [...PAGES, ...OAUTH]],
  // Another user interface may ask for approvals.
  [{ oauth: 'on' }, ['approve', 'token']],
  [{ oauth: 'on', clientMetadataHosts: '*' }, ['approve', 'token', 'fetch-client']],
  [{ clientMetadataHosts: '*' }, []],
  [{ deviceBoundSessions: 'watch' }, ['device']],
  [{ federation: 'on' }, ['federation', 'new-identity', 'identities']],
  [{ mailSignIn: 'on' }, []],
  [{ mailSignIn: 'on', mailFrom }, [...MAIL, 'login-mail', 'proof']],
  [{ pages: 'on', console: 'on', actAs: 'on' }, [...PAGES, ...CONSOLE]],
])('with %j the functions %j are left', (changes, expected) => {
  const names = Object.keys(left(changes))
  const removed = Object.keys(allFunctions('none')).filter((name) => !names.includes(name))
  const others = REMOVABLE.filter((name) => !new Set<string>(expected).has(name))
  expect(removed.toSorted()).toEqual(others.toSorted())
})

test.each([
  ['enrolment', { mailFrom }, {}, ['POST factors/cancel-reset']],
  ['sessions', { oauth: 'on' }, {}, ['GET apps', 'DELETE apps/{id}']],
  ['logout', { oauth: 'on' }, {}, ['POST oauth2/signout']],
  [
    'mail-requests',
    { mailFrom, registration: 'open' },
    { mailFrom, registration: 'invite' },
    ['POST register'],
  ],
  [
    'account-pages',
    { mailFrom, registration: 'open', pages: 'on' },
    { mailFrom, registration: 'invite', pages: 'on' },
    ['GET register'],
  ],
])('%s has with %j, and not with %j, the routes %j', (name, on, off, expected) => {
  const without = routesOf(left(off)[name])
  const added = routesOf(left(on)[name]).filter((route) => !without.includes(route))
  expect(added.toSorted()).toEqual(expected.toSorted())
})

test.each(['none', 'GET/notes=notes:read'])(
  'with the scoped routes %s, the metadata has its path, and the authorizer reads clients for them',
  (scoped) => {
    const { metadata, authorizer } = left({ oauth: 'on' }, scoped)
    expect(routesOf(metadata)).toEqual(['GET .well-known/{document}'])
    expect(authorizer?.may).toEqual(scoped === 'none' ? [READ] : [READ, ...FOR_CLIENTS])
  },
)

test.each([
  ['approve', { oauth: 'on', clientMetadataHosts: 'claude.ai' }, { oauth: 'on' }, FOR_URLS],
  ['sessions', { oauth: 'on' }, {}, ['readClients', 'revokeApps']],
  ['logout', { oauth: 'on' }, {}, ['readKeys', 'readClients']],
  ['userinfo', { oauth: 'on' }, {}, FOR_CLIENTS],
  ['login', { mailFrom }, {}, [INVOKE]],
])('%s has with %j, and not with %j, the rights %j', (name, on, off, expected) => {
  expect(left(on)[name]?.may).toEqual([READ, ...expected])
  expect(left(off)[name]?.may).toEqual([READ])
})

test('without mails, no function knows a mailer; a function of the project keeps its own right', () => {
  expect(left({}).login?.environment).toEqual({ MAILER: '' })
  expect(left({ mailFrom }).login?.environment).toEqual({ MAILER: 'mailer' })
  expect(left({}).own).toEqual({ handler: 'own', environment: { TABLE_NAME: 'table' }, may: [READ, INVOKE] })
})

test('without OAuth, pages of other origins do not ask userinfo', () => {
  expect(left({}).userinfo?.environment).toEqual({ AUTH_ALLOWED_ORIGINS: 'https://app.example.com' })
  expect(left({ oauth: 'on' }).userinfo?.environment).toEqual({ AUTH_ALLOWED_ORIGINS: '*' })
})

test.each([
  [{}, ''],
  [{ federation: 'on' }, 'functions/pages/federation/'],
  [{ mailSignIn: 'on' }, 'functions/pages/mail/'],
  [{ mailSignIn: 'on', federation: 'on' }, 'functions/pages/federation/mail/'],
])('with %j, the pages are those of the folder %j', (ways, folder) => {
  const { signin, 'account-pages': accountPages } = left({ pages: 'on', mailFrom, ...ways })
  const end = folder && '.handler'
  expect([signin?.handler, accountPages?.handler]).toEqual(
    ['signin', 'account-pages'].map((key) => `${folder}${key}${end}`),
  )
})

test('with devices, functions have the handlers of a service that binds sessions; without them, no setting', () => {
  const functions = () => ({
    login: {
      handler: 'functions/sessions/login.handler',
      environment: { DEVICE_BOUND_SESSIONS: 'x', A: 'a' },
    },
    logout: { handler: 'functions/sessions/logout.handler' },
  })
  const [bound, others] = [functions(), functions()]
  switchDevices(bound, true)
  switchDevices(others, false)
  expect(bound.login).toEqual({
    ...functions().login,
    handler: 'functions/devices/sign-in/login.handler',
  })
  expect(bound.logout).toEqual(functions().logout)
  expect(others).toEqual({ ...functions(), login: { ...functions().login, environment: { A: 'a' } } })
})

test('without mails, no page signs in by one', () => {
  expect(left({ pages: 'on', mailSignIn: 'on' }).signin?.handler).toBe('signin')
})

test('only with actAs, the console knows pages of the application', () => {
  const readWith = (actAs: string) => left({ pages: 'on', console: 'on', actAs })['admin-read']
  expect(readWith('on')?.environment).toEqual({ ACT_AS_ORIGINS: 'https://app.example.com' })
  expect(readWith('off')?.environment).toEqual({})
})

type Functions = Parameters<typeof switchOff>[0]['functions']

/** Returns the functions that are left of all, with changes of a service in which everything is off. */
function left(changes: object, SCOPED_ROUTES = 'none'): Functions {
  const off = {
    pages: 'off',
    mailFrom: '',
    registration: 'off',
    oauth: 'off',
    mailSignIn: 'off',
    federation: 'off',
    console: 'off',
    actAs: 'off',
    eventBus: 'off',
    clientMetadataHosts: '',
    drain: { pool: '', url: '' },
  }
  const auth = { ...off, allowedOrigins: 'https://app.example.com', ...changes }
  const functions = allFunctions(SCOPED_ROUTES)
  switchOff({ custom: { auth }, functions })
  return functions
}

/** Returns all functions with their routes, and one of the project. */
function allFunctions(SCOPED_ROUTES: string): Functions {
  const may: Record<string, string[]> = {
    approve: [READ, ...FOR_URLS],
    sessions: [READ, 'readClients', 'revokeApps'],
    logout: [READ, 'readKeys', 'readClients'],
    userinfo: [READ, ...FOR_CLIENTS],
    login: [READ, INVOKE],
  }
  const environment: Record<string, object> = {
    'admin-read': { ACT_AS_ORIGINS: 'https://app.example.com' },
    login: { MAILER: 'mailer' },
    userinfo: { AUTH_ALLOWED_ORIGINS: '*' },
  }
  const keys = ROWS.flatMap((row) => row.function ?? [])
  const written = [...keys, 'mailer', 'fetch-client'].map((key) => [
    key,
    { handler: key, may: may[key] ?? [], environment: environment[key] ?? {} },
  ])
  return {
    ...(withRoutes(Object.fromEntries(written)) as Functions),
    authorizer: { handler: 'authorizer', environment: { SCOPED_ROUTES }, may: [READ, ...FOR_CLIENTS] },
    own: { handler: 'own', environment: { TABLE_NAME: 'table' }, may: [READ, INVOKE] },
  }
}

const routesOf = (definition: Functions[string] | undefined) =>
  (definition?.events ?? []).map(({ http }) => {
    const { method, path } = Object(http)
    return `${method.toUpperCase()} ${path}`
  })

import { expect, test } from 'vitest'
import { switchOff } from './switches.ts'

const PAGES = ['docs', 'signin']
const OAUTH = ['approve', 'authorize', 'token']
const FOR_URLS = ['readDocuments', 'invokeClientFetcher']
const MAIL = ['mailer', 'mail-requests', 'reset', 'change-email', 'confirm-email']

const SESSIONS = ['sessions', 'apps', 'apps/{id}']
const ENROLMENT = ['enrolment/mail', 'enrolment/proof', 'factors/cancel-reset']

const INVOKE = 'invokeMailer'
const READ = 'readSessions'

/** Returns the service that is left. It has a function of a user's own, and one that invokes the mailer. */
function left(
  given: {
    pages: string
    mailFrom: string
    registration: string
    oauth?: string
    clientMetadataHosts?: string
  },
  SCOPED_ROUTES = 'none',
) {
  const custom = {
    oauth: 'off',
    clientMetadataHosts: '',
    allowedOrigins: 'https://app.example.com',
    ...given,
  }
  const removable = [...PAGES, ...OAUTH, ...MAIL, 'new-account', 'fetch-client']
  const functions: Parameters<typeof switchOff>[0]['functions'] = {
    ...Object.fromEntries(removable.map((name) => [name, {}])),
    approve: { may: [READ, ...FOR_URLS] },
    enrolment: { events: ENROLMENT.map((path) => ({ http: { path } })) },
    sessions: {
      events: SESSIONS.map((path) => ({ http: { path } })),
      may: [READ, 'readClients', 'revokeApps'],
    },
    authorizer: {
      environment: { SCOPED_ROUTES },
      may: [READ, 'readClients', 'readGrants', 'readGrantSources'],
    },
    metadata: {
      events: ['jwks.json', 'oauth-protected-resource'].map((name) => ({
        http: { path: `.well-known/${name}` },
      })),
    },
    own: { environment: { TABLE_NAME: 'table' }, may: [READ, INVOKE] },
    login: { environment: { MAILER: 'mailer' }, may: [READ, INVOKE] },
    logout: {
      events: ['logout', 'oauth2/signout'].map((path) => ({ http: { method: 'post', path } })),
      may: [READ, 'readKeys', 'readClients'],
    },
    userinfo: {
      environment: { ALLOWED_ORIGINS: '*' },
      may: [READ, 'readClients', 'readGrants', 'readGrantSources'],
    },
  }
  const service = { custom: { auth: custom }, functions }
  switchOff(service)
  return service.functions
}

const ALWAYS = [
  ...['own', 'login', 'logout', 'enrolment', 'sessions', 'userinfo'],
  ...['authorizer', 'metadata'],
]

const namesOf = (custom: Parameters<typeof left>[0]) =>
  Object.keys(left(custom))
    .filter((name) => !ALWAYS.includes(name))
    .sort()

const mailFrom = 'no-reply@example.org'

test.each([
  [{ pages: 'off', mailFrom: '', registration: 'off' }, []],
  [{ pages: 'on', mailFrom: '', registration: 'off' }, PAGES],
  // Without mails, users cannot confirm an address.
  [{ pages: 'off', mailFrom: '', registration: 'open' }, []],
  [{ pages: 'off', mailFrom, registration: 'off' }, MAIL],
  [{ pages: 'off', mailFrom, registration: 'invite' }, [...MAIL, 'new-account']],
  [{ pages: 'off', mailFrom, registration: 'open' }, [...MAIL, 'new-account']],
  [{ pages: 'on', mailFrom: '', registration: 'off', oauth: 'on' }, [...PAGES, ...OAUTH]],
  // Another user interface may ask for approvals.
  [{ pages: 'off', mailFrom: '', registration: 'off', oauth: 'on' }, ['approve', 'token']],
  [
    { pages: 'off', mailFrom: '', registration: 'off', oauth: 'on', clientMetadataHosts: '*' },
    ['approve', 'token', 'fetch-client'],
  ],
  [{ pages: 'off', mailFrom: '', registration: 'off', clientMetadataHosts: '*' }, []],
])('with %j the functions %j are left', (custom, expected) => {
  expect(namesOf(custom)).toEqual(expected.toSorted())
})

test.each([
  [mailFrom, ENROLMENT],
  ['', ['enrolment/proof']],
])('with the sender "%s", the routes of enrolment are %j', (sender, expected) => {
  const { enrolment } = left({ pages: 'off', mailFrom: sender, registration: 'off' })
  expect(enrolment?.events?.map(({ http }) => Object(http).path)).toEqual(expected)
})

test.each([
  ['on', SESSIONS],
  ['off', ['sessions']],
])('with OAuth %s, the routes of sessions are %j', (oauth, expected) => {
  const { sessions } = left({ pages: 'off', mailFrom, registration: 'off', oauth })
  expect(sessions?.events?.map(({ http }) => Object(http).path)).toEqual(expected)
  expect(sessions?.may).toEqual(oauth === 'on' ? [READ, 'readClients', 'revokeApps'] : [READ])
})

test('without mails, no function knows a mailer or may invoke one', () => {
  const { login, own } = left({ pages: 'on', mailFrom: '', registration: 'off' })
  expect(login).toEqual({ environment: { MAILER: '' }, may: [READ] })
  // It may have its own permission.
  expect(own).toEqual({ environment: { TABLE_NAME: 'table' }, may: [READ, INVOKE] })
})

test('with mails, a function keeps the mailer', () => {
  const { login } = left({ pages: 'on', mailFrom, registration: 'off' })
  expect(login).toEqual({ environment: { MAILER: 'mailer' }, may: [READ, INVOKE] })
})

test('without hosts of documents, approve reads none and has none fetched', () => {
  const given = { pages: 'on', mailFrom: '', registration: 'off', oauth: 'on' }
  expect(left(given).approve).toEqual({ may: [READ] })
  expect(left({ ...given, clientMetadataHosts: 'claude.ai' }).approve).toEqual({ may: [READ, ...FOR_URLS] })
})

test('without OAuth, logout has no route for apps, and reads no client', () => {
  const given = { pages: 'on', mailFrom: '', registration: 'off' }
  const logout = { http: { method: 'post', path: 'logout' } }
  expect(left(given).logout).toEqual({ events: [logout], may: [READ] })
  const { events, may } = left({ ...given, oauth: 'on' }).logout ?? {}
  expect([events?.length, may?.length]).toEqual([2, 3])
})

test('without OAuth, userinfo reads nothing of apps, and pages of other origins do not ask it', () => {
  const given = { pages: 'on', mailFrom: '', registration: 'off' }
  expect(left(given).userinfo).toEqual({
    environment: { ALLOWED_ORIGINS: 'https://app.example.com' },
    may: [READ],
  })
  const { environment, may } = left({ ...given, oauth: 'on' }).userinfo ?? {}
  expect([environment, may?.length]).toEqual([{ ALLOWED_ORIGINS: '*' }, 4])
})

test.each([
  ['none', 1],
  ['GET/notes=notes:read', 2],
])('with the scoped routes %s, the metadata has %i routes', (scoped, count) => {
  const { metadata, authorizer } = left(
    { pages: 'on', mailFrom: '', registration: 'off', oauth: 'on' },
    scoped,
  )
  expect(metadata?.events).toHaveLength(count)
  // Only with such a route the authorizer reads clients and grants.
  expect(authorizer?.may).toEqual(
    count === 1 ? [READ] : [READ, 'readClients', 'readGrants', 'readGrantSources'],
  )
})

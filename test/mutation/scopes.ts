/** Code that is changed, and the tests that must notice each change. A path is a folder, or a file without `.ts`. */
export interface Scope {
  code: string[]
  tests: string[]
}

const OF_OAUTH = (...names: string[]) => names.map((name) => `lib/oauth/${name}`)

/**
 * The parts that a run takes one after the other, by name. Only the tests of its part try a change: with all tests, a change that none
 * notices would take a minute.
 */
export const SCOPES: Readonly<Record<string, Scope>> = {
  tokens: { code: ['lib/tokens'], tests: ['lib/tokens', 'functions/authorizer', 'test/security/rfc8725'] },
  sessions: {
    code: [
      ...['end', 'grant-lifetimes', 'list', 'page', 'redeem', 'refresh-token', 'replaced', 'rotate'].map(
        (name) => `lib/sessions/${name}`,
      ),
      ...['lib/sessions/session', 'lib/sessions/store', 'lib/sessions/subject'],
      'functions/sessions/login',
    ],
    tests: ['lib/sessions', 'lib/http', 'functions/sessions', 'functions/account', 'functions/oauth/token'],
  },
  devices: {
    code: ['lib/sessions/device', 'lib/http/sessions', 'functions/sessions/refresh'],
    tests: [
      ...['lib/sessions', 'lib/http', 'functions/sessions', 'functions/account'],
      ...['devices', 'interleavings', 'off', 'routes'].map((name) => `test/devices/${name}`),
    ],
  },
  throttling: {
    code: ['lib/throttling', 'lib/passwords/hash', 'lib/passwords/phc', 'lib/passwords/verify'],
    tests: [
      ...['lib/throttling', 'lib/passwords', 'lib/sign-in', 'functions/sessions', 'functions/account'],
      'test/mail/sign-in',
    ],
  },
  users: {
    code: ['lib/users', 'lib/authorization', 'functions/authorizer'],
    tests: [
      'lib/users',
      'lib/authorization',
      'functions/authorizer',
      'lib/sessions',
      'functions/account',
      'functions/oauth/machine',
      'scripts/users',
    ],
  },
  factors: {
    code: [
      'lib/webauthn',
      'lib/factors/passkeys/ceremony',
      'lib/factors/totp/totp',
      'lib/factors/recovery-codes/recovery-codes',
    ],
    tests: ['lib/webauthn', 'lib/factors', 'test/factors/ceremony'],
  },
  'sign-in': {
    code: ['complete', 'next-step', 'login-token', 'code'].map((name) => `lib/sign-in/${name}`),
    tests: ['lib/sign-in', 'functions/sessions', 'lib/sessions', 'test/factors/completions'],
  },
  mail: {
    code: ['plan', 'recipient', 'confirmation', 'factor-reset'].map((name) => `lib/mail/${name}`),
    tests: [
      ...['lib/mail', 'lib/http'],
      ...['address', 'mailer', 'registration', 'reset', 'sign-in'].map((name) => `test/mail/${name}`),
      ...['completions', 'reset-mail'].map((name) => `test/factors/${name}`),
    ],
  },
  http: { code: ['lib/http/body'], tests: ['lib/http'] },
  events: {
    code: ['lib/events'],
    tests: ['lib/events', 'lib/operators', 'functions/account', 'functions/sessions', 'plugins/events'],
  },
  'oauth-requests': {
    code: [
      ...OF_OAUTH('authorize/decide', 'authorize/location', 'authorize/outcome', 'authorize/request'),
      ...OF_OAUTH('authorize/scope', 'authorize/screen', 'authorize/sign-in', 'authorize/target'),
      ...OF_OAUTH('parameters', 'scopes', 'by-language', 'discovery'),
    ],
    tests: [
      'lib/oauth/authorize',
      ...OF_OAUTH('apis', 'documents/document', 'scopes'),
      'functions/oauth/approve',
      'functions/oauth/url-clients',
      'functions/service/metadata',
      'test/devices/off',
      'test/oauth/error-targets',
    ],
  },
  // What a request of an app does with the session in the cookie.
  'oauth-cookies': {
    code: OF_OAUTH('sign-out', 'authorize/cookie', 'authorize/hint', 'authorize/proof'),
    tests: [
      ...OF_OAUTH('authorize/cookie', 'authorize/hint'),
      'functions/oauth/approve',
      'functions/oauth/signout',
      'test/oauth/proof',
    ],
  },
  'oauth-clients': {
    code: OF_OAUTH(
      'clients',
      'documents',
      'apis',
      'apps',
      'directory',
      'authorize/client',
      'authorize/error',
    ),
    tests: [
      ...OF_OAUTH('clients', 'documents', 'apis', 'authorize/error'),
      'functions/oauth/url-clients',
      'functions/oauth/apps',
      'test/oauth/documents',
      'test/oauth/error-targets',
    ],
  },
  'oauth-grants': {
    code: ['lib/oauth/grants', 'lib/oauth/codes', 'lib/oauth/token', ...OF_OAUTH('live-token', 'userinfo')],
    tests: [
      ...OF_OAUTH('grants', 'codes', 'token'),
      ...['apps', 'machine', 'revoke', 'token'].map((name) => `functions/oauth/${name}`),
      'functions/account/userinfo',
      'functions/sessions/end',
      'test/oauth/liveness',
      'test/oauth/reasons',
    ],
  },
  apps: {
    code: ['functions/oauth'],
    tests: ['functions/oauth', 'test/oauth/documents', 'test/oauth/reasons'],
  },
  routes: { code: ['plugins/routes'], tests: ['plugins/routes', 'plugins/functions', 'plugins/project'] },
  client: { code: ['client'], tests: ['client'] },
}

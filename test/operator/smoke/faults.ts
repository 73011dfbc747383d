import { generateKeyPairSync } from 'node:crypto'
import { codeOf } from '../../support/http/problems.ts'
import type { Fault, Passing } from './proxy.ts'

const status =
  (code: number, body = '{"message":"Forbidden"}'): Fault =>
  (response) => ({ ...response, status: code, body })
const header =
  (name: string, value?: string): Fault =>
  ({ headers: { [name]: _, ...headers }, ...response }) => ({
    ...response,
    headers: value === undefined ? headers : { ...headers, [name]: value },
  })
const members =
  (changed: object): Fault =>
  (response) => ({ ...response, body: JSON.stringify({ ...JSON.parse(response.body), ...changed }) })
const text = (body: string) => (response: Passing) => ({ ...response, body })

/** Returns the published keys as another service would: the same key ids with other keys. */
const foreignKeys: Fault = (response) => {
  const { n } = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' })
  const { keys } = JSON.parse(response.body)
  return { ...response, body: JSON.stringify({ keys: keys.map((key: object) => ({ ...key, n })) }) }
}

const body = (code: number, title: string, detail: string) =>
  JSON.stringify({ type: 'about:blank', title, status: code, detail, code: codeOf(code, detail) })
const UNAUTHORIZED = body(401, 'Unauthorized', 'Could not validate credentials.')
const INCORRECT = body(401, 'Unauthorized', 'Incorrect username or password.')
const FORBIDDEN = body(403, 'Forbidden', 'You do not have permission to access this resource.')

const ANOTHER_PLACE = 'expected a response to the redirect URI, with code, state and the issuer'

/** Faults of one service: by request and its number, each with the check that fails and its reason. */
export const BROKEN: [
  what: string,
  faults: [request: string, fault: Fault, check: string, reason: string][],
][] = [
  [
    'statuses',
    [
      [
        'GET /.well-known/openid-configuration 1',
        status(404),
        'metadata',
        'expected status 200, got 404 with {"message":"Forbidden"}',
      ],
      [
        'GET /openapi.json 1',
        status(404),
        'API description',
        'expected status 200, got 404 with {"message":"Forbidden"}',
      ],
      [
        'GET / 1',
        status(403),
        '401 without a token',
        'expected status 401, got 403 with {"message":"Forbidden"}',
      ],
      ['POST /login 7', status(200), '401 for a wrong password', 'expected status 401, got 200'],
      ['GET / 2', status(503), 'user content', 'expected status 200, got 503 with {"message":"Forbidden"}'],
      ['GET / 3', status(200), '401 for a changed token', 'expected status 401, got 200'],
      ['GET /admin 1', status(200), '403 for a user at /admin', 'expected status 403, got 200'],
      ['GET / 4', status(401, ''), 'refresh', 'expected status 200, got 401 with '],
      ['POST /logout 1', status(200), 'logout', 'expected status 204, got 200'],
      ['POST /refresh 3', status(200), '401 for a refresh after the logout', 'expected status 401, got 200'],
    ],
  ],
  [
    'headers',
    [
      [
        'GET /.well-known/jwks.json 1',
        header('cache-control', 'no-store'),
        'public keys',
        'expected Cache-Control: public, max-age=300, got no-store',
      ],
      [
        'GET /openapi.json 1',
        header('x-content-type-options'),
        'API description',
        'expected X-Content-Type-Options: nosniff, got none',
      ],
      [
        'GET / 1',
        header('www-authenticate'),
        '401 without a token',
        'expected WWW-Authenticate: Bearer realm="serverless-jwt-auth-dev-auth", got none',
      ],
      [
        'POST /login 7',
        header('content-type', 'application/json'),
        '401 for a wrong password',
        'expected Content-Type: application/problem+json, got application/json',
      ],
      [
        'GET / 2',
        header('cache-control', 'public'),
        'user content',
        'expected Cache-Control: no-store, got public',
      ],
      [
        'GET / 3',
        header('www-authenticate', 'Basic'),
        '401 for a changed token',
        'expected WWW-Authenticate: Bearer realm="serverless-jwt-auth-dev-auth", got Basic',
      ],
      [
        'GET /admin 1',
        header('www-authenticate', 'Bearer realm="serverless-jwt-auth-dev-auth"'),
        '403 for a user at /admin',
        'expected WWW-Authenticate: Bearer realm="serverless-jwt-auth-dev-auth", error="insufficient_scope", got Bearer realm="serverless-jwt-auth-dev-auth"',
      ],
      ['POST /refresh 2', header('cache-control'), 'refresh', 'expected Cache-Control: no-store, got none'],
      [
        'POST /logout 1',
        header('x-content-type-options'),
        'logout',
        'expected X-Content-Type-Options: nosniff, got none',
      ],
      [
        'POST /refresh 3',
        header('cache-control', 'private'),
        '401 for a refresh after the logout',
        'expected Cache-Control: no-store, got private',
      ],
    ],
  ],
  [
    'bodies',
    [
      [
        'GET /.well-known/jwks.json 1',
        foreignKeys,
        'signature of the access token',
        'expected a signature by one of the public keys, got ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
      ],
      [
        'GET /.well-known/jwks.json 1',
        foreignKeys,
        'token of a machine',
        'expected a token for https://smoke-….invalid by one of the public keys, got ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
      ],
      [
        'GET /.well-known/openid-configuration 1',
        members({
          issuer: 'https://another.example',
          jwks_uri: 'https://another.example/.well-known/jwks.json',
        }),
        'issuer of the access token',
        'expected the issuer https://another.example of the metadata, got ISSUER',
      ],
      [
        'GET /.well-known/openid-configuration 1',
        members({
          issuer: 'https://another.example',
          jwks_uri: 'https://another.example/.well-known/jwks.json',
          token_endpoint: 'https://another.example/oauth2/token',
        }),
        'sign-in at the client',
        ANOTHER_PLACE,
      ],
      ['GET /openapi.json 1', text('<html>'), 'API description', 'expected a body of JSON, got other text'],
      [
        'GET / 1',
        members({ detail: 'No.' }),
        '401 without a token',
        `expected ${UNAUTHORIZED}, got ${UNAUTHORIZED.replace('Could not validate credentials.', 'No.')}`,
      ],
      [
        'POST /login 7',
        members({ hint: 'x' }),
        '401 for a wrong password',
        `expected ${INCORRECT}, got ${INCORRECT.replace('}', ',"hint":"x"}')}`,
      ],
      [
        'GET / 2',
        members({ username: 'root' }),
        'user content',
        'expected the content of smoke-… with role user',
      ],
      ['GET / 3', text('[]'), '401 for a changed token', `expected ${UNAUTHORIZED}, got []`],
      ['GET /admin 1', text('null'), '403 for a user at /admin', `expected ${FORBIDDEN}, got null`],
      [
        'GET /me 2',
        members({ factors: ['totp'] }),
        'factors, sessions and passkeys of the user',
        'expected the factors totp and passkey',
      ],
      [
        'POST /refresh 2',
        members({ refreshToken: 1 }),
        'refresh',
        'expected the members authToken and refreshToken',
      ],
    ],
  ],
  [
    'connections',
    [
      ['GET /.well-known/jwks.json 1', text('{"keys":[]}'), 'public keys', 'expected keys, got none'],
      [
        'GET /.well-known/openid-configuration 1',
        members({ issuer: 'https://another.example' }),
        'metadata',
        'expected an issuer, and the URL of its keys',
      ],
      ['GET /openapi.json 1', 'hold', 'API description', 'no response within 10 s'],
      ['GET / 1', 'close', '401 without a token', 'no response: UND_ERR_SOCKET'],
      ['POST /login 2', status(301), '401 for a wrong password', 'expected status 401, got 301'],
      [
        'POST /login 1',
        members({ authToken: undefined }),
        'sign-in',
        'expected the members authToken and refreshToken',
      ],
    ],
  ],
  [
    'factors',
    [
      [
        'POST /login/passkey 1',
        status(503),
        'sign-in with the passkey',
        'expected status 200, got 503 with {"message":"Forbidden"}',
      ],
      [
        'DELETE /me 1',
        status(403),
        'deletion of the account',
        'expected status 204, got 403 with {"message":"Forbidden"}',
      ],
    ],
  ],
  [
    'codes',
    [
      [
        'POST /oauth2/approve 2',
        members({ location: 'https://another.example/callback?code=x' }),
        'sign-in at the client',
        ANOTHER_PLACE,
      ],
    ],
  ],
  [
    'tokens of clients',
    [
      [
        'POST /oauth2/token 2',
        status(503),
        'refresh of the client',
        'expected status 200, got 503 with {"message":"Forbidden"}',
      ],
      [
        'GET /userinfo 2',
        members({ preferred_username: 'root' }),
        'userinfo of the client',
        'expected the userinfo of smoke-…',
      ],
      ['POST /oauth2/token 19', status(200), 'removal of the client', 'expected status 401, got 200'],
    ],
  ],
  [
    'tokens of codes',
    [
      [
        'POST /oauth2/token 1',
        members({ id_token: 'a.b.c' }),
        'tokens of the client',
        'expected a token for smoke-….client by one of the public keys, got ERR_JWS_INVALID',
      ],
    ],
  ],
  [
    'accounts',
    [
      ['POST /refresh 1', status(200), 'sign-in with an older token', 'expected status 401, got 200'],
      [
        'GET /me 1',
        header('access-control-allow-origin', 'https://smoke.invalid'),
        'request with Origin',
        'expected no Access-Control-Allow-Origin for https://smoke.invalid, got https://smoke.invalid',
      ],
      [
        'GET /userinfo 1',
        members({ sub: 'root' }),
        'userinfo of the user',
        'expected the userinfo of smoke-…',
      ],
      ['GET /me/events 1', members({ events: [] }), 'events of the user', 'expected events, got none'],
      ['POST /password/forgot 1', members({ mailId: 1 }), 'mail', 'expected the member mailId'],
      [
        'GET /passkeys 2',
        members({ passkeys: [{ id: 'x', name: 'smoke' }] }),
        'new name of the passkey',
        'expected the new name of the passkey',
      ],
      [
        'GET /apps 1',
        members({ apps: [] }),
        'revoked app on a device',
        'expected the app among the apps of the user',
      ],
      [
        'POST /oauth2/signout 1',
        members({ next: 'question' }),
        'sign-out at the client',
        'expected the end of the session, got a question',
      ],
      [
        'GET /me 3',
        members({ factors: ['totp'] }),
        'elapsed reset of the factors',
        'expected no factors after the reset',
      ],
    ],
  ],
  [
    'second accounts',
    [
      [
        'POST /register/confirm 1',
        status(503),
        'second account',
        'expected status 200, got 503 with {"message":"Forbidden"}',
      ],
    ],
  ],
]

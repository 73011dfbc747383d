import { json, object, text } from './json-schema.ts'
import type { Route } from './route.ts'
import { ACCOUNT_ROUTES } from './routes/account.ts'
import { CODE_ROUTES } from './routes/codes.ts'
import { ENROLMENT_ROUTES } from './routes/enrolment.ts'
import { FEDERATION_ROUTES } from './routes/federation.ts'
import { IDENTITY_ROUTES } from './routes/identities.ts'
import { ME_ROUTES } from './routes/me.ts'
import { OAUTH_ROUTES } from './routes/oauth.ts'
import { PASSKEY_ROUTES } from './routes/passkeys.ts'
import { MAIL_SIGN_IN_ROUTES } from './routes/passwordless/mail-sign-in.ts'
import { PROOF_ROUTES } from './routes/passwordless/proof.ts'
import { SESSION_ROUTES } from './routes/sessions.ts'
import { schemaRef } from './schemas.ts'

const ISSUER = 'https://auth.example.com'

/** What the routes of metadata have in common. */
const DOCUMENT = {
  gatewayPath: '/.well-known/{document}',
  function: 'metadata',
  tag: 'Service',
} as const satisfies Partial<Route>

/** The routes of the service except the pages and CORS preflights (`OPTIONS`): those of the service itself, and those of `routes/`. */
export const ROUTES: Route[] = [
  ...SESSION_ROUTES,
  ...MAIL_SIGN_IN_ROUTES,
  ...ACCOUNT_ROUTES,
  ...ME_ROUTES,
  ...ENROLMENT_ROUTES,
  ...CODE_ROUTES,
  ...PASSKEY_ROUTES,
  ...FEDERATION_ROUTES,
  ...IDENTITY_ROUTES,
  ...PROOF_ROUTES,
  ...OAUTH_ROUTES,
  {
    ...DOCUMENT,
    method: 'get',
    path: '/.well-known/jwks.json',
    operationId: 'getPublicKeys',
    summary: 'Get the public keys that verify access tokens',
    response: {
      description: 'The public keys.',
      headers: { 'Cache-Control': 'MaxAge' },
      content: json(schemaRef('KeySet'), {
        keys: [{ kty: 'RSA', use: 'sig', alg: 'RS256', kid: 'thumbprint', n: 'modulus', e: 'AQAB' }],
      }),
    },
  },
  ...['openid-configuration', 'oauth-authorization-server'].map(
    (document): Route => ({
      ...DOCUMENT,
      method: 'get',
      path: `/.well-known/${document}`,
      summary: `Get the issuer’s metadata (${document})`,
      description:
        'The issuer of access tokens and where its keys are. Members that belong to a provider of OpenID Connect exist with sign-in at other apps only.',
      response: {
        description: 'The metadata.',
        headers: { 'Cache-Control': 'MaxAge' },
        content: json(schemaRef('Metadata'), {
          issuer: ISSUER,
          jwks_uri: `${ISSUER}/.well-known/jwks.json`,
          userinfo_endpoint: `${ISSUER}/userinfo`,
          id_token_signing_alg_values_supported: ['RS256'],
        }),
      },
    }),
  ),
  {
    ...DOCUMENT,
    method: 'get',
    path: '/.well-known/oauth-protected-resource',
    operationId: 'getProtectedResource',
    needs: 'scopes',
    summary: 'Get the metadata of the API for clients',
    description: 'How clients get tokens for the routes that demand scopes (RFC 9728).',
    response: {
      description: 'The metadata.',
      headers: { 'Cache-Control': 'MaxAge' },
      content: json(schemaRef('ProtectedResource'), {
        resource: ISSUER,
        authorization_servers: [ISSUER],
        scopes_supported: ['notes:read'],
        bearer_methods_supported: ['header'],
        resource_name: 'Notes',
      }),
    },
  },
  {
    method: 'get',
    path: '/openapi.json',
    function: 'openapi',
    operationId: 'getDescription',
    tag: 'Service',
    summary: 'Get this API description',
    response: {
      description: 'The API description.',
      content: json(
        object('An OpenAPI document (spec.openapis.org).', {
          openapi: text('The version of OpenAPI: 3.1.0.'),
          info: { type: 'object', description: 'Title, version and licence.' },
          servers: { type: 'array', description: 'The base URL of this service.' },
          tags: { type: 'array', description: 'Groups of routes.' },
          paths: { type: 'object', description: 'Routes by path and method.' },
          components: { type: 'object', description: 'Schemas, headers and error responses.' },
        }),
      ),
    },
  },
]

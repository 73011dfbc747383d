import { ApprovalRequest, SignOutRequest } from '../../http/schemas/oauth.ts'
import { formOf, json } from '../json-schema.ts'
import type { Route } from '../route.ts'
import { schemaRef } from '../schemas.ts'
import { inPath } from './examples.ts'

const query =
  'response_type=code&client_id=shop&redirect_uri=https%3A%2F%2Fshop.example%2Fcallback&scope=openid&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256'

/** The routes with which other apps sign users in, and users remove the access of apps. */
export const OAUTH_ROUTES: Route[] = [
  {
    method: 'post',
    path: '/oauth2/approve',
    function: 'approve',
    operationId: 'approve',
    tag: 'OAuth',
    needs: 'oauth',
    summary: 'Decide an authorization request',
    description:
      'For the page `/oauth2/authorize` alone. Takes the session from the cookie, and from a page of the service’s own origin. A code also needs an access token of the same session, in the header `Authorization: Bearer …`. Without a valid one, the next step is `refresh`. Returns the next step, or where to lead the browser, with a code or an error.',
    cookie: 'needs',
    takesToken: true,
    body: {
      name: 'ApprovalRequest',
      description:
        'The query of the page `/oauth2/authorize`, as it is. `click` is what the screen showed when the user agreed. `cancel` says that the user has cancelled. `last` is the user whom this browser last approved. `start` is that of the first response. `changed` says that the request is repeated after `session_changed`.',
      schema: ApprovalRequest,
      examples: { first: { summary: 'The first try of a page', value: { query } } },
    },
    response: {
      description: 'The next step.',
      content: json(schemaRef('Approval'), {
        next: 'client',
        location: 'https://shop.example/callback?code=…&iss=https%3A%2F%2Fauth.example.com',
        sub: 'AbCdEfGhIjKlMnOpQrStUw',
      }),
    },
    problems: [
      'no_json',
      'invalid_query',
      'unknown_client',
      'not_allowed',
      'unreachable_document',
      'invalid_document',
      'unknown_redirect_uri',
      'session_changed',
      'too_many_mails',
    ],
  },
  {
    method: 'post',
    path: '/oauth2/signout',
    function: 'logout',
    operationId: 'signOutFromApp',
    tag: 'OAuth',
    needs: 'oauth',
    summary: 'Decide a sign-out that an app asks for',
    description:
      'For the page `/oauth2/logout` alone. Takes the session from the cookie, and from a page of the service’s own origin. Ends the session if the id_token is of it, or if the user has agreed.',
    cookie: 'needs',
    body: {
      name: 'SignOutRequest',
      description:
        'The query or the form of the page `/oauth2/logout`, as it is. `sub` is the user whom the page has asked.',
      schema: SignOutRequest,
      examples: { first: { summary: 'The first try of a page', value: { query: 'client_id=shop' } } },
    },
    response: {
      description: 'The next step. With `done`, the cookie is deleted.',
      headers: { 'Set-Cookie': 'SessionCookie' },
      content: json(schemaRef('SignOut'), { next: 'done' }),
    },
    problems: ['no_json', 'invalid_sign_out', 'unknown_client', 'other_client', 'unknown_logout_uri'],
  },
  {
    method: 'post',
    path: '/oauth2/token',
    function: 'token',
    operationId: 'token',
    tag: 'OAuth',
    needs: 'oauth',
    summary: 'Get tokens for a code, a refresh token or a machine',
    description:
      'For apps. A client with a secret authenticates by HTTP Basic or by the form, a public client has its `client_id` alone. A code is valid for 60 seconds, once. A `machine` client gets an access token of its own with `client_credentials`, for one API. Pages of every origin may call it, without cookies.',
    form: {
      schema: formOf(
        [
          'grant_type',
          'code',
          'code_verifier',
          'redirect_uri',
          'refresh_token',
          'scope',
          'resource',
          'client_id',
          'client_secret',
        ],
        ['grant_type'],
      ),
      example: {
        grant_type: 'authorization_code',
        client_id: 'shop',
        code: 'a code',
        code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
      },
    },
    hasClientErrors: true,
    response: {
      description: 'The tokens.',
      content: json(schemaRef('ClientTokens'), {
        access_token: 'a token',
        token_type: 'Bearer',
        expires_in: 1800,
        scope: 'openid',
        refresh_token: 'a refresh token',
        id_token: 'a token',
      }),
    },
  },
  {
    method: 'post',
    path: '/oauth2/revoke',
    function: 'token',
    operationId: 'revoke',
    tag: 'OAuth',
    needs: 'oauth',
    summary: 'Revoke a token',
    description:
      'For apps, which authenticate as at `POST /oauth2/token`. Ends the grant of a refresh token or an access token. Access tokens at APIs are valid until they expire. Tokens that are unknown, expired or revoked are no error.',
    form: {
      schema: formOf(['token', 'token_type_hint', 'client_id', 'client_secret'], ['token']),
      example: { client_id: 'shop', token: 'a refresh token' },
    },
    hasClientErrors: true,
    response: { description: 'The token is invalid.', content: json({ type: 'object' }, {}) },
  },
  {
    method: 'get',
    path: '/apps',
    function: 'sessions',
    operationId: 'listApps',
    tag: 'OAuth',
    needs: 'oauth',
    summary: 'List the apps that have access to the caller’s account',
    description:
      'Returns the apps that the caller has signed in to, as long as they have access or get it at the next sign-in without a question.',
    isProtected: true,
    response: {
      description: 'The apps.',
      content: json(schemaRef('Apps'), {
        apps: [
          {
            id: 'shop',
            name: 'Shop',
            type: 'web',
            places: ['shop.example'],
            scopes: [{ name: 'openid' }],
            offline: false,
            approvedAt: '2026-11-24T15:00:00.000Z',
            lastUsedAt: '2026-11-24T15:00:00.000Z',
          },
        ],
      }),
    },
  },
  {
    method: 'delete',
    path: '/apps/{id}',
    function: 'sessions',
    operationId: 'revokeApp',
    tag: 'OAuth',
    needs: 'oauth',
    summary: 'Remove the access of an app',
    description:
      'All codes and refresh tokens that the app has for the caller are invalid at once, and `/userinfo` refuses its access tokens. An API that verifies them itself accepts them until they expire. The next sign-in at the app asks the user again. A repetition succeeds.',
    isProtected: true,
    parameters: [inPath('id', 'The `client_id`, from `GET /apps`.', 'shop')],
    response: { description: 'The app has no access.' },
    problems: ['not_found'],
  },
]

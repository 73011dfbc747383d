import { ApprovalRequest } from '../../http/schemas/oauth.ts'
import { json } from '../json-schema.ts'
import type { Route } from '../route.ts'
import { schemaRef } from '../schemas.ts'

const query =
  'response_type=code&client_id=shop&redirect_uri=https%3A%2F%2Fshop.example%2Fcallback&scope=openid&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256'

/** The routes by which other apps sign users in. */
export const OAUTH_ROUTES: Route[] = [
  {
    method: 'post',
    path: '/oauth2/approve',
    operationId: 'approve',
    tag: 'OAuth',
    needs: 'oauth',
    summary: 'Decide an authorization request',
    description:
      'For the page `/oauth2/authorize` alone. Takes the session from the cookie, and from a page of the service’s own origin. Returns the next step, or where to lead the browser, with a code or an error.',
    cookie: 'needs',
    body: {
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
    problems: ['invalid_query', 'unknown_client', 'unknown_redirect_uri', 'session_changed'],
  },
  {
    method: 'post',
    path: '/oauth2/token',
    operationId: 'token',
    tag: 'OAuth',
    needs: 'oauth',
    summary: 'Get tokens for a code or a refresh token',
    description:
      'For apps. A client with a secret authenticates by HTTP Basic or by the form, a public client has its `client_id` alone. A code is valid for 60 seconds, once. Pages of every origin may call it, without cookies.',
    form: {
      schema: {
        type: 'object',
        properties: Object.fromEntries(
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
          ].map((name) => [name, { type: 'string' }]),
        ),
        required: ['grant_type'],
      },
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
]

import { ProviderOptions, ProviderResponse } from '../../http/schemas/federation.ts'
import { json } from '../json-schema.ts'
import type { Route } from '../route.ts'
import { schemaRef } from '../schemas.ts'
import { tokens } from './examples.ts'

const query = 'code=SplxlOBeZQQYbYS6WxSbIA&state=s6924c4c0…&iss=https%3A%2F%2Faccounts.google.com'

/** The routes of sign-in with other identity providers. */
export const FEDERATION_ROUTES: Route[] = [
  {
    method: 'get',
    path: '/providers',
    function: 'federation',
    operationId: 'listProviders',
    tag: 'Sessions',
    needs: 'federation',
    summary: 'List the identity providers',
    description: 'Returns the identity providers that users can sign in with.',
    response: {
      description: 'The identity providers.',
      headers: { 'Cache-Control': 'MaxAge' },
      content: json(schemaRef('Providers'), {
        providers: [{ id: 'google', name: 'Google', kind: 'google' }],
      }),
    },
  },
  {
    method: 'post',
    path: '/login/provider/options',
    function: 'federation',
    operationId: 'startProviderSignIn',
    tag: 'Sessions',
    needs: 'federation',
    summary: 'Start a sign-in with an identity provider',
    description:
      'For the pages of the service alone, at its public URL. Returns where to lead the browser, and sets a cookie that the response of the provider is bound to. The provider leads to the page `/signin/{provider}`. With the purpose `link`, the user who is signed in adds an identity. With `again`, the provider is asked to verify its user again.',
    body: {
      name: 'ProviderOptions',
      description: 'The identity provider, and what for.',
      schema: ProviderOptions,
      examples: { 'sign-in': { summary: 'A sign-in', value: { provider: 'google' } } },
    },
    response: {
      description: 'The address of the provider.',
      headers: { 'Set-Cookie': 'TryCookie' },
      content: json(schemaRef('AuthorizationUrl'), {
        authorizationUrl: 'https://accounts.google.com/o/oauth2/v2/auth?client_id=…',
      }),
    },
    problems: ['no_json', 'same_origin', 'other_address', 'invalid_token', 'provider_incomplete'],
  },
  {
    method: 'post',
    path: '/login/provider',
    function: 'federation',
    operationId: 'signInWithProvider',
    tag: 'Sessions',
    needs: 'federation',
    summary: 'Sign in with an identity provider',
    description:
      'For the pages of the service alone. Takes the query with which the provider led to the page `/signin/{provider}`, once, within 30 minutes and in the same browser. `session` and `replaces` are those of `POST /login`. The user’s own second factor is asked for, also if the provider names one. An identity without a user waits: nothing is created. After 50 responses of one source in 15 minutes without a sign-in it returns 429.',
    body: {
      name: 'ProviderResponse',
      description: 'The response of an identity provider.',
      schema: ProviderResponse,
      examples: { response: { summary: 'A response', value: { provider: 'google', query } } },
    },
    response: {
      description: 'Signed in. Or: the sign-in needs another step, which `next` names.',
      headers: { 'Set-Cookie': 'SessionCookie' },
      content: json(
        {
          anyOf: [
            schemaRef('Tokens'),
            schemaRef('SecondFactor'),
            schemaRef('Enrolment'),
            schemaRef('WaitingIdentity'),
            schemaRef('WaitingLink'),
          ],
        },
        tokens,
      ),
    },
    cookie: 'sets',
    problems: [
      'same_origin',
      'provider_foreign',
      'provider_expired',
      'provider_incomplete',
      'provider_cancelled',
      'provider_failed',
      'too_many_attempts',
    ],
  },
]

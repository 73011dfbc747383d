import { EVENTS_PER_PAGE } from '../../events/own.ts'
import { AccountDeletionRequest } from '../../http/schemas/account.ts'
import { json } from '../json-schema.ts'
import type { Route } from '../route.ts'
import { schemaRef } from '../schemas.ts'
import { ada, afterPage, currentPassword } from './examples.ts'

/** The routes of the caller’s own data, and of the deletion of the account. */
export const ME_ROUTES: Route[] = [
  ...(['get', 'post'] as const).map(
    (method): Route => ({
      method,
      path: '/userinfo',
      function: 'userinfo',
      operationId: method === 'get' ? 'getUserInfo' : 'postUserInfo',
      tag: 'Account',
      summary: 'Get the caller',
      description:
        'Returns the user as stored now. A service that verifies access tokens itself can ask here whether one is still accepted. A revoked token is rejected at once. It also takes the access tokens of apps that are for no API, with the scope `openid`: the response has the claims of their scopes.',
      isProtected: 'by its function',
      response: {
        description: 'The caller.',
        content: json(schemaRef('UserInfo'), ada),
      },
      problems: ['rejected_token', 'missing_openid'],
    }),
  ),
  {
    method: 'get',
    path: '/me',
    function: 'me',
    operationId: 'getMe',
    tag: 'Account',
    summary: 'Get the caller’s own data',
    description:
      'Returns what the profile holds about the caller, without the password hash and internal values, and the second factors. The caller’s sessions are at `GET /sessions`. A revoked token is rejected at once.',
    isProtected: true,
    response: {
      description: 'The caller’s own data.',
      content: json(schemaRef('Me'), {
        ...ada,
        createdAt: '2026-11-24T15:00:00.000Z',
        changedAt: '2026-11-24T15:00:00.000Z',
        factors: ['totp'],
        recoveryCodesLeft: 10,
      }),
    },
  },
  {
    method: 'get',
    path: '/me/events',
    function: 'me',
    operationId: 'listEvents',
    tag: 'Account',
    summary: 'List what happened to the caller’s account',
    description: `Returns sign-ins of the last 180 days and changes of the last 365, the newest first, at most ${EVENTS_PER_PAGE} in one response. If the response has \`next\`, there are more. A revoked token is rejected at once.`,
    isProtected: true,
    parameters: [afterPage('MjAyNi0xMS0yNFQxNTowMDowMC4wMDBaI0FiQ2RFZkdoSWpLbE1uT3BRclN0VXc')],
    problems: ['invalid_fields'],
    response: {
      description: 'What happened.',
      content: json(schemaRef('Events'), {
        events: [
          {
            id: 'AbCdEfGhIjKlMnOpQrStUw',
            at: '2026-11-24T15:00:00.000Z',
            type: 'session.created',
            by: 'account',
            via: 'POST /login',
            changes: [],
            detail: 'pwd',
            failures: 0,
            sourceIp: '203.0.113.7',
            userAgent: 'curl/8.14.1',
            session: '6924c4c0AbCdEfGhIjKlMnOpQrStUw',
          },
        ],
      }),
    },
  },
  {
    method: 'delete',
    path: '/me',
    function: 'delete-me',
    operationId: 'deleteAccount',
    tag: 'Account',
    summary: 'Delete the account',
    description:
      'Deletes the profile and frees its login names. All sessions end and all access tokens are revoked. This cannot be undone. A user with second factors must have signed in with two factors in the last 5 minutes. Wrong current passwords are limited together with those of `PUT /password`.',
    isProtected: true,
    proof: 'deletion',
    body: {
      name: 'AccountDeletionRequest',
      description: 'The current password of the account to delete.',
      schema: AccountDeletionRequest,
      examples: currentPassword,
    },
    response: { description: 'The account was deleted.' },
    problems: ['step_up', 'conflict', 'too_many_attempts'],
  },
]

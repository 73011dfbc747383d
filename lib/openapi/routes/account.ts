import { EVENTS_PER_PAGE } from '../../events/own.ts'
import {
  AccountDeletionRequest,
  EmailChangeRequest,
  EmailConfirmation,
  ForgottenPasswordRequest,
  PasswordChangeRequest,
  PasswordResetRequest,
  RegistrationConfirmation,
  RegistrationRequest,
} from '../../http/schemas/account.ts'
import { MAX_CODE_POINTS, MIN_CODE_POINTS } from '../../passwords/rules.ts'
import { json } from '../json-schema.ts'
import type { Route } from '../route.ts'
import { schemaRef } from '../schemas.ts'
import { ada, password, proofs, requested, tokens } from './examples.ts'

/** The routes of accounts: registration, password and address. */
export const ACCOUNT_ROUTES: Route[] = [
  {
    method: 'put',
    path: '/password',
    operationId: 'changePassword',
    tag: 'Account',
    summary: 'Change the password',
    description: `Ends all other sessions and revokes all access tokens: refresh to get a new one. The new password must have ${MIN_CODE_POINTS} to ${MAX_CODE_POINTS} characters, and must not be the username, the e-mail address or a common password. A deployed service also rejects passwords that are known from a data breach. A user with second factors must have signed in with two factors in the last 5 minutes. Wrong current passwords are limited by user and by source. Only the limit of the source is shared with failed logins.`,
    isProtected: true,
    body: {
      schema: PasswordChangeRequest,
      examples: {
        user: {
          isDemo: true,
          summary: 'The demo user',
          value: { currentPassword: 'user', newPassword: 'correct horse battery staple' },
        },
      },
    },
    response: { description: 'The password was changed.' },
    problems: ['step_up', 'conflict', 'too_many_attempts'],
  },
  {
    method: 'post',
    path: '/password/forgot',
    operationId: 'forgotPassword',
    needs: 'mail',
    tag: 'Account',
    summary: 'Ask for a new password',
    description:
      'Sends a mail with a link and a code to the address of the user, if there is one. The response is the same for every login name.',
    body: {
      schema: ForgottenPasswordRequest,
      examples: { user: { summary: 'A login name', value: { login: 'ada@example.org' } } },
    },
    response: requested,
    problems: ['too_many_mails'],
  },
  {
    method: 'post',
    path: '/password/reset',
    operationId: 'resetPassword',
    needs: 'mail',
    tag: 'Account',
    summary: 'Set a new password with the link or the code of a mail',
    description:
      'Ends all sessions of the user and revokes all access tokens. A link is valid for 60 minutes, a code for 10 minutes and five tries. The rules for the new password are those of `PUT /password`.',
    body: { schema: PasswordResetRequest, examples: proofs({ password }) },
    response: { description: 'The password was changed.' },
    problems: ['invalid_link', 'too_many_attempts'],
  },
  {
    method: 'put',
    path: '/email',
    operationId: 'changeEmail',
    needs: 'mail',
    tag: 'Account',
    summary: 'Change the e-mail address',
    description:
      'Sends a mail with a link and a code to the new address, and a notice to the current one. The new address counts after `POST /email/confirm`. A user with second factors must have signed in with two factors in the last 5 minutes. Wrong current passwords are limited as in `PUT /password`.',
    isProtected: true,
    body: {
      schema: EmailChangeRequest,
      examples: {
        user: {
          isDemo: true,
          summary: 'The demo user',
          value: { email: 'ada@example.org', currentPassword: 'user' },
        },
      },
    },
    response: requested,
    problems: ['step_up', 'too_many_attempts', 'too_many_mails'],
  },
  {
    method: 'post',
    path: '/email/confirm',
    operationId: 'confirmEmail',
    needs: 'mail',
    tag: 'Account',
    summary: 'Confirm a new e-mail address',
    description:
      'Takes the access token of the user who sent `PUT /email`, also by another session. The address is a login name from then on, in place of the earlier one. Revokes all access tokens: refresh to get a new one.',
    isProtected: true,
    body: { schema: EmailConfirmation, examples: proofs({}) },
    response: { description: 'The address was changed.' },
    problems: ['invalid_link', 'other_user', 'too_many_attempts'],
  },
  {
    method: 'post',
    path: '/register',
    operationId: 'register',
    needs: 'registration',
    tag: 'Account',
    summary: 'Register',
    description:
      'Sends a mail with a link and a code to the address. There is no account before `POST /register/confirm`. If the address has an account, the mail reports that, and the response is the same.',
    body: {
      schema: RegistrationRequest,
      examples: { address: { summary: 'An address', value: { email: 'ada@example.org' } } },
    },
    response: requested,
    problems: ['too_many_mails'],
  },
  {
    method: 'post',
    path: '/register/confirm',
    operationId: 'confirmRegistration',
    needs: 'invitations',
    tag: 'Account',
    summary: 'Create the account of a confirmed address',
    description:
      'Creates the account and signs in. Without a `username`, the address is the username. Another address than the confirmed one cannot be a username. After ten taken usernames the link is void.',
    cookie: 'sets',
    body: {
      schema: RegistrationConfirmation,
      examples: proofs({ password, username: 'ada' }),
    },
    response: {
      description:
        'The account was created. If the user must have a second factor, the next step is to add one.',
      content: json({ anyOf: [schemaRef('Tokens'), schemaRef('Enrolment')] }, tokens),
    },
    problems: ['invalid_link', 'too_many_attempts'],
  },
  ...(['get', 'post'] as const).map(
    (method): Route => ({
      method,
      path: '/userinfo',
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
    operationId: 'listEvents',
    tag: 'Account',
    summary: 'List what happened to the caller’s account',
    description: `Returns sign-ins of the last 180 days and changes of the last 365, the newest first, at most ${EVENTS_PER_PAGE} in one response. If the response has \`next\`, there are more. A revoked token is rejected at once.`,
    isProtected: true,
    parameters: [
      {
        name: 'after',
        in: 'query',
        description: '`next` of the page before.',
        schema: { type: 'string' },
        example: 'MjAyNi0xMS0yNFQxNTowMDowMC4wMDBaI0FiQ2RFZkdoSWpLbE1uT3BRclN0VXc',
      },
    ],
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
    operationId: 'deleteAccount',
    tag: 'Account',
    summary: 'Delete the account',
    description:
      'Deletes the profile and frees its login names. All sessions end and all access tokens are revoked. This cannot be undone. A user with second factors must have signed in with two factors in the last 5 minutes. Wrong current passwords are limited together with those of `PUT /password`.',
    isProtected: true,
    body: {
      schema: AccountDeletionRequest,
      examples: { user: { isDemo: true, summary: 'The demo user', value: { currentPassword: 'user' } } },
    },
    response: { description: 'The account was deleted.' },
    problems: ['step_up', 'conflict', 'too_many_attempts'],
  },
]

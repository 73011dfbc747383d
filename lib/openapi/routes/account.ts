import { LANGUAGES } from '../../application/languages.ts'
import {
  AnyRegistrationConfirmation,
  EmailChangeRequest,
  EmailConfirmation,
  ForgottenPasswordRequest,
  NewUserPasskeyRequest,
  PasswordChangeRequest,
  PasswordResetRequest,
  RegistrationConfirmation,
  RegistrationRequest,
} from '../../http/schemas/account.ts'
import { LocaleChangeRequest } from '../../http/schemas/locale.ts'
import { MAX_CODE_POINTS, MIN_CODE_POINTS } from '../../passwords/rules.ts'
import { json } from '../json-schema.ts'
import type { Route } from '../route.ts'
import { schemaRef } from '../schemas.ts'
import { created, PROOF, password, proofs, requested, token, tokens } from './examples.ts'

/** The routes of accounts: registration, password and address. */
export const ACCOUNT_ROUTES: Route[] = [
  {
    method: 'put',
    path: '/password',
    function: 'password',
    operationId: 'changePassword',
    tag: 'Account',
    summary: 'Change the password',
    description: `Ends all other sessions and revokes all access tokens: refresh to get a new one. The new password must have ${MIN_CODE_POINTS} to ${MAX_CODE_POINTS} characters, and must not be the username, the e-mail address or a common password. A deployed service also rejects passwords that are known from a data breach. A user with second factors must have signed in with two factors in the last 5 minutes. Wrong current passwords are limited by user and by source. Only the limit of the source is shared with failed logins.`,
    isProtected: true,
    proof: 'password',
    body: {
      name: 'PasswordChangeRequest',
      description: 'The current password and its replacement.',
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
    function: 'mail-requests',
    operationId: 'forgotPassword',
    needs: 'mail',
    tag: 'Account',
    summary: 'Ask for a new password',
    description:
      'Sends a mail with a link and a code to the address of the user, if there is one. The response is the same for every login name.',
    body: {
      name: 'ForgottenPasswordRequest',
      description: 'A login name of the user.',
      schema: ForgottenPasswordRequest,
      examples: { user: { summary: 'A login name', value: { login: 'ada@example.org' } } },
    },
    response: requested,
    problems: ['too_many_mails'],
  },
  {
    method: 'post',
    path: '/password/reset',
    function: 'reset',
    operationId: 'resetPassword',
    needs: 'mail',
    tag: 'Account',
    summary: 'Set a new password with the link or the code of a mail',
    description:
      'Ends all sessions of the user and revokes all access tokens. A link is valid for 60 minutes, a code for 10 minutes and five tries. The rules for the new password are those of `PUT /password`.',
    body: {
      name: 'PasswordResetRequest',
      description: `${PROOF} The new password.`,
      schema: PasswordResetRequest,
      examples: proofs({ password }),
    },
    response: { description: 'The password was changed.' },
    problems: ['invalid_link', 'too_many_attempts'],
  },
  {
    method: 'put',
    path: '/email',
    function: 'change-email',
    operationId: 'changeEmail',
    needs: 'mail',
    tag: 'Account',
    summary: 'Change the e-mail address',
    description:
      'Sends a mail with a link and a code to the new address, and a notice to the current one. The new address counts after `POST /email/confirm`. A user with second factors must have signed in with two factors in the last 5 minutes. Wrong current passwords are limited as in `PUT /password`.',
    isProtected: true,
    proof: 'address',
    body: {
      name: 'EmailChangeRequest',
      description: 'The new address and the current password.',
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
    function: 'confirm-email',
    operationId: 'confirmEmail',
    needs: 'mail',
    tag: 'Account',
    summary: 'Confirm a new e-mail address',
    description:
      'Takes the access token of the user who sent `PUT /email`, also by another session. The address is a login name from then on, in place of the earlier one. Revokes all access tokens: refresh to get a new one.',
    isProtected: true,
    body: { name: 'EmailConfirmation', description: PROOF, schema: EmailConfirmation, examples: proofs({}) },
    response: { description: 'The address was changed.' },
    problems: ['invalid_link', 'other_user', 'too_many_attempts'],
  },
  {
    method: 'put',
    path: '/me/locale',
    function: 'change-email',
    operationId: 'changeLocale',
    needs: 'mail',
    tag: 'Account',
    summary: 'Change the language of mails',
    description:
      'Mails to the user are in this language, one of the service’s. A notice of the change is in the language before it. A user with second factors must have signed in with two factors in the last 5 minutes. Wrong current passwords are limited as in `PUT /password`.',
    isProtected: true,
    proof: 'locale',
    body: {
      name: 'LocaleChangeRequest',
      description: 'The new language and the current password.',
      schema: LocaleChangeRequest,
      examples: {
        user: {
          isDemo: true,
          summary: 'The demo user',
          value: { locale: LANGUAGES[0], currentPassword: 'user' },
        },
      },
    },
    response: { description: 'The language was changed.' },
    problems: ['step_up', 'conflict', 'too_many_attempts'],
  },
  {
    method: 'post',
    path: '/register',
    function: 'mail-requests',
    operationId: 'register',
    needs: 'registration',
    tag: 'Account',
    summary: 'Register',
    description:
      'Sends a mail with a link and a code to the address. There is no account before `POST /register/confirm`. If the address has an account, the mail reports that, and the response is the same.',
    body: {
      name: 'RegistrationRequest',
      description: 'The address of a new user.',
      schema: RegistrationRequest,
      examples: { address: { summary: 'An address', value: { email: 'ada@example.org' } } },
    },
    response: requested,
    problems: ['too_many_mails'],
  },
  {
    method: 'post',
    path: '/register/confirm',
    function: 'new-account',
    operationId: 'confirmRegistration',
    needs: 'invitations',
    tag: 'Account',
    summary: 'Create the account of a confirmed address',
    description:
      'Creates the account and signs in. Without a `username`, the address is the username. Another address than the confirmed one cannot be a username. After ten taken usernames the link is void.',
    cookie: 'sets',
    body: {
      name: 'RegistrationConfirmation',
      description: `${PROOF} The password and the username of the new user. With \`session\`, the refresh token is kept in a cookie.`,
      schema: RegistrationConfirmation,
      examples: proofs({ password, username: 'ada' }),
    },
    response: {
      description:
        'The account was created. If the user must have a second factor, the next step is to add one.',
      content: json({ anyOf: [schemaRef('Tokens'), schemaRef('Enrolment')] }, tokens),
    },
    problems: ['invalid_link', 'too_many_attempts'],
    withMailSignIn: {
      description:
        'Creates the account and signs in: with a password, with a passkey in place of it, or with neither, for a user who signs in by mails. A passkey is the `response` to the options of `POST /register/passkey`. It signs in with two factors, and the response has recovery codes, once. Without a `username`, the address is the username. Another address than the confirmed one cannot be a username. After ten taken usernames the link is void. A refused request spends neither the link nor the passkey.',
      body: {
        name: 'AnyRegistrationConfirmation',
        description: `${PROOF} The password or the passkey of the new user, and the username. With \`session\`, the refresh token is kept in a cookie.`,
        schema: AnyRegistrationConfirmation,
        examples: {
          ...proofs({ password, username: 'ada' }),
          passkey: { summary: 'A passkey', value: { token, response: created, username: 'ada' } },
        },
      },
      problems: ['invalid_link', 'passkey_refused', 'same_origin', 'too_many_attempts'],
    },
  },
  {
    method: 'post',
    path: '/register/passkey',
    function: 'enrolment',
    operationId: 'startPasskeyRegistration',
    needs: ['invitations', 'mailSignIn'],
    tag: 'Account',
    summary: 'Start an account with a passkey in place of a password',
    description:
      'Returns the options of `navigator.credentials.create()`, with the id of the new user. The proof stays valid, for `POST /register/confirm` with the response. A challenge is valid for 5 minutes, once, with a proof of the same mail. The passkey must verify its user.',
    body: {
      name: 'NewUserPasskeyRequest',
      description: `${PROOF} The username that the passkey is shown with.`,
      schema: NewUserPasskeyRequest,
      examples: proofs({ username: 'ada' }),
    },
    response: {
      description: 'The options.',
      content: json(schemaRef('PasskeyCreationOptions')),
    },
    problems: ['invalid_link', 'too_many_attempts', 'too_many_mails'],
  },
]

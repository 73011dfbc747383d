import {
  FactorChangeRequest,
  RecoveryCodeLoginRequest,
  TotpConfirmation,
  TotpLoginRequest,
} from '../../http/schemas/factors.ts'
import { json } from '../json-schema.ts'
import type { Route } from '../route.ts'
import { schemaRef } from '../schemas.ts'
import { currentPassword, token } from './examples.ts'

const loginToken = token

const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
const RECOVERY_CODE = '0123-4567-89AB-CDEF'
const withPassword = {
  name: 'FactorChangeRequest',
  description: 'The current password of the user whose second factors change.',
  schema: FactorChangeRequest,
  examples: currentPassword,
}

/** The routes of authenticator apps and recovery codes. */
export const CODE_ROUTES: Route[] = [
  {
    method: 'post',
    path: '/login/totp',
    gatewayPath: '/login/{factor}',
    function: 'login-factor',
    operationId: 'loginWithTotp',
    tag: 'Sessions',
    summary: 'Complete a sign-in with an authenticator app',
    description:
      'Exchanges the login token of `POST /login` and a code of the user’s authenticator app for an access token and a refresh token. Each code is accepted once. After five tries the login token is void. After 20 wrong codes of a user in 24 hours, without a complete sign-in between them, it returns 429, also for a correct code, and passkeys and recovery codes still complete a sign-in.',
    cookie: 'sets',
    body: {
      name: 'TotpLoginRequest',
      description: 'A login token, and a code of the user’s authenticator app.',
      schema: TotpLoginRequest,
      examples: { code: { summary: 'A code', value: { loginToken, code: '123456' } } },
    },
    response: { description: 'Signed in.', content: json(schemaRef('Tokens')) },
    problems: ['login_expired', 'too_many_attempts'],
  },
  {
    method: 'post',
    path: '/login/recovery-code',
    gatewayPath: '/login/{factor}',
    function: 'login-factor',
    operationId: 'loginWithRecoveryCode',
    tag: 'Sessions',
    summary: 'Complete a sign-in with a recovery code',
    description:
      'Exchanges the login token of `POST /login` and a recovery code for an access token and a refresh token. Each code is accepted once, in upper or lower case, with or without hyphens and spaces. After five tries the login token is void. The user gets a mail.',
    cookie: 'sets',
    body: {
      name: 'RecoveryCodeLoginRequest',
      description: 'A login token, and one of the user’s recovery codes.',
      schema: RecoveryCodeLoginRequest,
      examples: { code: { summary: 'A recovery code', value: { loginToken, code: RECOVERY_CODE } } },
    },
    response: { description: 'Signed in.', content: json(schemaRef('Tokens')) },
    problems: ['login_expired'],
  },
  {
    method: 'post',
    path: '/factors/totp',
    gatewayPath: '/factors/{factor}',
    function: 'factors',
    operationId: 'startTotp',
    tag: 'Factors',
    summary: 'Set up an authenticator app',
    description:
      'Creates a secret for an authenticator app. `POST /factors/totp/confirm` adds the app, within 10 minutes. Until then nothing else changes. A newer secret replaces it. A user who has an app already replaces it by the new one. Wrong current passwords are limited together with those of `PUT /password`.',
    isProtected: true,
    proof: 'app',
    body: withPassword,
    response: {
      description: 'The secret. It is shown once.',
      content: json(schemaRef('TotpSetup'), {
        secret: SECRET,
        uri: `otpauth://totp/Example:ada?secret=${SECRET}&issuer=Example&algorithm=SHA1&digits=6&period=30`,
      }),
    },
    problems: ['step_up', 'too_many_attempts'],
  },
  {
    method: 'post',
    path: '/factors/totp/confirm',
    gatewayPath: '/factors/{factor}/confirm',
    function: 'confirm-totp',
    operationId: 'confirmTotp',
    tag: 'Factors',
    summary: 'Confirm an authenticator app',
    description:
      'Adds the authenticator app that the caller is setting up, with a code that it shows. If it is the first second factor, or replaces another app, all other sessions end and all access tokens are revoked: refresh the tokens. After ten wrong codes the secret is void. The user gets a mail.',
    isProtected: true,
    body: {
      name: 'TotpConfirmation',
      description: 'A code of the app that is set up.',
      schema: TotpConfirmation,
      examples: { code: { summary: 'A code', value: { code: '123456' } } },
    },
    response: {
      description: 'The app was added. If the caller had no recovery codes left, these are new ones.',
      content: json(schemaRef('NewFactor'), { recoveryCodes: [RECOVERY_CODE] }),
    },
    problems: ['step_up', 'setup_expired', 'conflict', 'too_many_attempts'],
  },
  {
    method: 'delete',
    path: '/factors/totp',
    gatewayPath: '/factors/{factor}',
    function: 'factors',
    operationId: 'removeTotp',
    tag: 'Factors',
    summary: 'Remove the authenticator app',
    description:
      'Removes the caller’s authenticator app, and with the last second factor the recovery codes. All other sessions end and all access tokens are revoked: refresh the tokens. The user gets a mail. Wrong current passwords are limited together with those of `PUT /password`.',
    isProtected: true,
    proof: 'removal',
    body: withPassword,
    response: { description: 'The app was removed.' },
    problems: ['step_up', 'not_found', 'last_factor', 'conflict', 'too_many_attempts'],
  },
  {
    method: 'post',
    path: '/factors/recovery-codes',
    gatewayPath: '/factors/{factor}',
    function: 'factors',
    operationId: 'replaceRecoveryCodes',
    tag: 'Factors',
    summary: 'Replace the recovery codes',
    description:
      'Creates ten recovery codes. Earlier ones are no longer accepted. The user gets a mail. Wrong current passwords are limited together with those of `PUT /password`.',
    isProtected: true,
    proof: 'recovery-codes',
    body: withPassword,
    response: {
      description: 'The recovery codes. They are shown once.',
      content: json(schemaRef('RecoveryCodes'), { recoveryCodes: [RECOVERY_CODE] }),
    },
    problems: ['step_up', 'no_factor', 'conflict', 'too_many_attempts'],
  },
]

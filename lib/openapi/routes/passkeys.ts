import { EnrolmentPasskey } from '../../http/schemas/factors.ts'
import {
  NewPasskey,
  PasskeyChange,
  PasskeyOptionsRequest,
  PasskeyRemoval,
  PasskeySignIn,
  PasskeySignInOptions,
} from '../../http/schemas/passkeys.ts'
import { json } from '../json-schema.ts'
import type { Route } from '../route.ts'
import { schemaRef } from '../schemas.ts'
import {
  asserted,
  challenge,
  created,
  credential,
  currentPassword,
  enrolmentBody,
  inPath,
  token,
  tokens,
} from './examples.ts'

const [loginToken, enrolmentToken] = [token, token]
const id = challenge

const passkey = {
  id,
  name: 'Phone',
  createdAt: '2026-11-24T15:00:00.000Z',
  lastUsedAt: '2026-11-24T15:00:00.000Z',
  synced: true,
  transports: ['hybrid', 'internal'],
}
const idInPath = inPath('id', 'The id of the passkey, from `GET /passkeys`.', id)

/** The routes of passkeys. Browsers convert between their JSON and the objects of `navigator.credentials`. */
export const PASSKEY_ROUTES: Route[] = [
  {
    method: 'post',
    path: '/login/passkey/options',
    function: 'login-passkey',
    operationId: 'startPasskeySignIn',
    tag: 'Sessions',
    summary: 'Start a sign-in with a passkey',
    description:
      'Returns the options of `navigator.credentials.get()`. Without a `loginToken` they are the same for everybody, except for the challenge: the passkey says who signs in. With the `loginToken` of `POST /login` they list the passkeys of its user. A challenge is valid for 5 minutes, once.',
    body: {
      name: 'PasskeySignInOptions',
      description: 'The login token of a sign-in with a password. Without it, the passkey signs in alone.',
      schema: PasskeySignInOptions,
      examples: {
        passkey: { summary: 'A passkey alone', value: {} },
        second: { summary: 'A passkey after the password', value: { loginToken } },
      },
    },
    response: {
      description: 'The options.',
      content: json(schemaRef('PasskeyRequestOptions'), {
        rpId: 'auth.example.com',
        challenge,
        timeout: 300_000,
        userVerification: 'required',
      }),
    },
    problems: ['login_expired', 'passkey_refused', 'too_many_mails'],
  },
  {
    method: 'post',
    path: '/login/passkey',
    function: 'login-passkey',
    operationId: 'signInWithPasskey',
    tag: 'Sessions',
    summary: 'Sign in with a passkey',
    description:
      'Takes the response of `navigator.credentials.get()`, as its method `toJSON()` returns it. Without a `loginToken` the passkey must have verified its user, and counts as two factors. `session` and `replaces` are those of `POST /login`. If the passkey is unknown, call `PublicKeyCredential.signalUnknownCredential()`.',
    cookie: 'sets',
    body: {
      name: 'PasskeySignIn',
      description: 'The signature of a passkey, and the login token if it is the second factor.',
      schema: PasskeySignIn,
      examples: {
        passkey: { summary: 'A passkey alone', value: { response: asserted } },
        second: { summary: 'A passkey after the password', value: { loginToken, response: asserted } },
      },
    },
    response: { description: 'Signed in.', content: json(schemaRef('Tokens'), tokens) },
    problems: ['login_expired', 'passkey_refused', 'unknown_passkey'],
  },
  {
    method: 'post',
    path: '/passkeys/options',
    gatewayPath: '/passkeys/{id}',
    function: 'factors',
    operationId: 'startPasskey',
    tag: 'Factors',
    summary: 'Start to add a passkey',
    description:
      'Returns the options of `navigator.credentials.create()`. A challenge is valid for 5 minutes, once. A user has at most 20 passkeys.',
    isProtected: true,
    proof: 'passkey',
    body: {
      name: 'PasskeyOptionsRequest',
      description: 'The current password.',
      schema: PasskeyOptionsRequest,
      examples: currentPassword,
    },
    response: {
      description: 'The options.',
      content: json(schemaRef('PasskeyCreationOptions'), {
        rp: { id: 'auth.example.com', name: 'Example' },
        user: { id: 'AbCdEfGhIjKlMnOpQrStUw', name: 'ada', displayName: 'ada' },
        challenge,
        pubKeyCredParams: [{ alg: -7, type: 'public-key' }],
        timeout: 300_000,
        attestation: 'none',
        authenticatorSelection: {
          residentKey: 'required',
          requireResidentKey: true,
          userVerification: 'preferred',
        },
        excludeCredentials: [],
      }),
    },
    problems: ['step_up', 'too_many_passkeys', 'too_many_attempts', 'too_many_mails'],
  },
  {
    method: 'post',
    path: '/passkeys',
    function: 'add-passkey',
    operationId: 'addPasskey',
    tag: 'Factors',
    summary: 'Add a passkey',
    description:
      'Takes the response of `navigator.credentials.create()`, as its method `toJSON()` returns it. The first second factor of a user ends all other sessions, revokes all access tokens, and returns recovery codes, once. The user gets a mail.',
    isProtected: true,
    body: {
      name: 'NewPasskey',
      description: 'A new passkey, and the name that the user gives it.',
      schema: NewPasskey,
      examples: { passkey: { summary: 'A passkey', value: { response: created, name: 'Phone' } } },
    },
    response: {
      description: 'The passkey was added.',
      content: json(schemaRef('AddedPasskey'), { passkey }),
    },
    problems: ['step_up', 'passkey_refused', 'conflict', 'too_many_passkeys'],
  },
  {
    method: 'post',
    path: '/enrolment/passkey/options',
    function: 'enrolment',
    operationId: 'startEnrolledPasskey',
    tag: 'Factors',
    summary: 'Start to add a passkey in an enrolment',
    description: 'Returns the options of `navigator.credentials.create()`, as `POST /passkeys/options` does.',
    body: enrolmentBody,
    response: {
      description: 'The options.',
      content: json(schemaRef('PasskeyCreationOptions')),
    },
    problems: ['login_expired', 'proof_required', 'too_many_mails'],
  },
  {
    method: 'post',
    path: '/enrolment/passkey',
    function: 'add-passkey',
    operationId: 'enrolPasskey',
    tag: 'Factors',
    summary: 'Add a passkey and complete the sign-in',
    description:
      'Adds the passkey as the first second factor, and signs in with it. The response contains the recovery codes.',
    cookie: 'sets',
    body: {
      name: 'EnrolmentPasskey',
      description: 'The token of an enrolment, the new passkey, and its name.',
      schema: EnrolmentPasskey,
      examples: {
        passkey: { summary: 'A passkey', value: { enrolmentToken, response: created, name: 'Phone' } },
      },
    },
    response: {
      description: 'The passkey was added, and the user is signed in.',
      content: json(schemaRef('Tokens'), { ...tokens, recoveryCodes: ['0123-4567-89AB-CDEF'] }),
    },
    problems: ['login_expired', 'proof_required', 'passkey_refused'],
  },
  {
    method: 'get',
    path: '/passkeys',
    function: 'passkeys',
    operationId: 'listPasskeys',
    tag: 'Factors',
    summary: 'List the caller’s passkeys',
    isProtected: true,
    response: {
      description: 'The passkeys, the oldest first.',
      content: json(schemaRef('Passkeys'), { passkeys: [passkey] }),
    },
    withMailSignIn: {
      response: {
        description: 'The passkeys, the oldest first.',
        content: json(schemaRef('OwnPasskeys'), {
          rpId: 'auth.example.com',
          passkeys: [{ ...passkey, credentialId: credential.id }],
        }),
      },
    },
  },
  {
    method: 'patch',
    path: '/passkeys/{id}',
    function: 'passkeys',
    operationId: 'renamePasskey',
    tag: 'Factors',
    summary: 'Rename a passkey',
    isProtected: true,
    parameters: [idInPath],
    body: {
      name: 'PasskeyChange',
      description: 'A new name of a passkey.',
      schema: PasskeyChange,
      examples: { name: { summary: 'A name', value: { name: 'Phone' } } },
    },
    response: { description: 'The passkey was renamed.' },
    problems: ['not_found'],
  },
  {
    method: 'delete',
    path: '/passkeys/{id}',
    function: 'factors',
    operationId: 'removePasskey',
    tag: 'Factors',
    summary: 'Remove a passkey',
    description:
      'Ends all other sessions and revokes all access tokens: refresh to get a new one. With the last second factor the recovery codes are removed, too. The user gets a mail.',
    isProtected: true,
    proof: 'removal',
    parameters: [idInPath],
    body: {
      name: 'PasskeyRemoval',
      description: 'The current password.',
      schema: PasskeyRemoval,
      examples: currentPassword,
    },
    response: { description: 'The passkey was removed.' },
    problems: ['step_up', 'not_found', 'conflict', 'last_factor', 'too_many_attempts'],
  },
]

import { IdentityLink, IdentityRegistration, IdentityRemoval } from '../../http/schemas/federation.ts'
import { json } from '../json-schema.ts'
import type { Route } from '../route.ts'
import { schemaRef } from '../schemas.ts'
import { currentPassword, inPath, token as mailToken, tokens } from './examples.ts'

const id = '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae'
const identityToken = 'eyJwdXJwb3NlIjoic2lnbi1pbiJ9.AbCdEfGhIjKlMnOpQrStUwWxYzAbCdEfGhIjKlMnOpQ'
const [mailId] = mailToken.split('.')

/** The routes of the identities of users at providers. */
export const IDENTITY_ROUTES: Route[] = [
  {
    method: 'post',
    path: '/register/provider',
    function: 'new-identity',
    operationId: 'registerWithProvider',
    needs: 'federation',
    tag: 'Account',
    summary: 'Create an account with an identity',
    description:
      'Creates the account of an identity that has none, and signs in. The identity token is that of `POST /login/provider`, in the same browser, and is valid for 15 minutes. If the provider does not prove the address, ask for a mail by `POST /register`, and send its code. Without a `username`, the address is the username; a relay address needs one. An identity has ten taken usernames a day.',
    cookie: 'sets',
    body: {
      name: 'IdentityRegistration',
      description:
        'The identity token, and the mail id and the code of a mail. With `session`, the refresh token is kept in a cookie.',
      schema: IdentityRegistration,
      examples: {
        cookie: {
          summary: 'An address that the provider proves',
          value: { identityToken, session: 'cookie' },
        },
        code: {
          summary: 'The code of a mail',
          value: { identityToken, mailId, code: '12345678', username: 'ada' },
        },
      },
    },
    response: {
      description:
        'The account was created. If the user must have a second factor, the next step is to add one.',
      content: json({ anyOf: [schemaRef('Tokens'), schemaRef('Enrolment')] }, tokens),
    },
    problems: ['invalid_link', 'identity_expired', 'registration_closed', 'same_origin', 'too_many_attempts'],
  },
  {
    method: 'get',
    path: '/identities',
    function: 'identities',
    operationId: 'listIdentities',
    needs: 'federation',
    tag: 'Account',
    summary: 'List the identities at providers',
    description:
      'Returns what the caller signs in with at providers, the oldest first, and whether the account has a password.',
    isProtected: true,
    response: {
      description: 'The identities.',
      content: json(schemaRef('Identities'), {
        identities: [
          {
            id,
            provider: 'google',
            name: 'Google',
            label: 'ada@example.org',
            createdAt: '2026-11-24T15:00:00.000Z',
            lastUsedAt: '2026-11-24T15:00:00.000Z',
          },
        ],
        hasPassword: true,
      }),
    },
  },
  {
    method: 'post',
    path: '/identities',
    function: 'identities',
    operationId: 'addIdentity',
    needs: 'federation',
    tag: 'Account',
    summary: 'Add an identity at a provider',
    description:
      'Takes the identity token of `POST /login/provider` with the purpose `link`, in the same browser. A user without a password chooses one by `POST /password/forgot` first. A user with second factors must have signed in with two factors in the last 5 minutes. The user gets a mail.',
    isProtected: true,
    proof: 'identities',
    body: {
      name: 'IdentityLink',
      description: 'The identity token and the current password.',
      schema: IdentityLink,
      examples: {
        user: {
          isDemo: true,
          summary: 'The demo user',
          value: { identityToken, currentPassword: 'user' },
        },
      },
    },
    response: { description: 'The identity was added.' },
    problems: [
      'step_up',
      'identity_expired',
      'same_origin',
      'conflict',
      'identity_added',
      'identity_taken',
      'too_many_identities',
      'too_many_attempts',
    ],
  },
  {
    method: 'delete',
    path: '/identities/{id}',
    function: 'identities',
    operationId: 'removeIdentity',
    needs: 'federation',
    tag: 'Account',
    summary: 'Remove an identity at a provider',
    description:
      'Ends all other sessions and revokes all access tokens: refresh to get a new one. The password stays. The user gets a mail.',
    isProtected: true,
    proof: 'identities',
    parameters: [inPath('id', 'The id of the identity, from `GET /identities`.', id)],
    body: {
      name: 'IdentityRemoval',
      description: 'The current password.',
      schema: IdentityRemoval,
      examples: currentPassword,
    },
    response: { description: 'The identity was removed.' },
    problems: ['step_up', 'not_found', 'conflict', 'too_many_attempts'],
  },
]

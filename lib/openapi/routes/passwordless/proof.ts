import { ProofCompletion, ProofStart } from '../../../http/schemas/proofs.ts'
import { json } from '../../json-schema.ts'
import type { Route } from '../../route.ts'
import { schemaRef } from '../../schemas.ts'
import { asserted, challenge, requested, token } from '../examples.ts'

const [mailId] = token.split('.')

const start = {
  name: 'ProofStart',
  description: 'The change that the proof is for.',
  schema: ProofStart,
  examples: { passkey: { summary: 'To add a passkey', value: { change: 'passkey' } } },
}

/** What these routes have in common. */
const PROOF_ROUTE = {
  gatewayPath: '/proof/{step}',
  function: 'proof',
  needs: 'mailSignIn',
  tag: 'Account',
  isProtected: true,
} as const satisfies Partial<Route>

/** The routes by which a user without a password proves a change of the account. */
export const PROOF_ROUTES: Route[] = [
  {
    ...PROOF_ROUTE,
    method: 'get',
    path: '/proof/ways',
    operationId: 'listProofs',
    summary: 'Get what proves a change of the account',
    description:
      'A user with a password types it as `currentPassword`. Another user gets a `changeToken` by a passkey or by a mail.',
    response: {
      description:
        'The ways, the best one first. Without a passkey and a confirmed address, the list is empty.',
      content: json(schemaRef('Proofs'), { proofs: ['passkey', 'mail'] }),
    },
  },
  {
    ...PROOF_ROUTE,
    method: 'post',
    path: '/proof/mail',
    operationId: 'startMailProof',
    summary: 'Ask for a code that proves a change',
    description:
      'Sends a mail with a code to the confirmed address. The mail says what the code allows. The code is valid for 10 minutes and five tries, for this change in this session. A user with second factors must have signed in with two factors in the last 5 minutes.',
    body: start,
    response: requested,
    problems: ['step_up', 'has_password', 'too_many_mails'],
  },
  {
    ...PROOF_ROUTE,
    method: 'post',
    path: '/proof/passkey',
    operationId: 'startPasskeyProof',
    summary: 'Start to prove a change by a passkey',
    description:
      'Returns the options of `navigator.credentials.get()`. The passkey must verify its user. The response counts from pages of the service itself, for this change in this session.',
    body: start,
    response: {
      description: 'The options.',
      content: json(schemaRef('PasskeyRequestOptions'), {
        rpId: 'auth.example.com',
        challenge,
        timeout: 300_000,
        userVerification: 'required',
        allowCredentials: [{ id: asserted.id, type: 'public-key' }],
      }),
    },
    problems: ['passkey_refused', 'has_password', 'too_many_mails'],
  },
  {
    ...PROOF_ROUTE,
    method: 'post',
    path: '/proof/confirm',
    operationId: 'proveChange',
    summary: 'Prove a change of the account',
    description:
      'Takes the code of the mail, or the response of `navigator.credentials.get()`. The token is valid for 5 minutes, for one request that makes this change, in this session.',
    body: {
      name: 'ProofCompletion',
      description: 'The change, and the id and the code of a mail or the signature of a passkey.',
      schema: ProofCompletion,
      examples: {
        mail: { summary: 'The code in the mail', value: { change: 'passkey', mailId, code: '12345678' } },
        passkey: { summary: 'A passkey', value: { change: 'passkey', response: asserted } },
      },
    },
    response: {
      description: 'The proof of the change.',
      content: json(schemaRef('ChangeToken'), { changeToken: challenge, expiresIn: 300 }),
    },
    problems: ['invalid_link', 'passkey_refused', 'has_password', 'too_many_attempts'],
  },
]

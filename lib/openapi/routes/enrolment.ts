import {
  EnrolmentProofRequest,
  EnrolmentTotpConfirmation,
  FactorResetCancellation,
} from '../../http/schemas/factors.ts'
import { json } from '../json-schema.ts'
import type { Route } from '../route.ts'
import { schemaRef } from '../schemas.ts'
import { enrolmentBody, PROOF, proofs, requested, token, tokens } from './examples.ts'

const enrolmentToken = token

/** The routes of enrolments, and of resets of factors. */
export const ENROLMENT_ROUTES: Route[] = [
  {
    method: 'post',
    path: '/enrolment/mail',
    gatewayPath: '/enrolment/{step}',
    function: 'enrolment',
    operationId: 'sendEnrolmentMail',
    needs: 'mail',
    tag: 'Factors',
    summary: 'Ask for a mail that proves an enrolment',
    description:
      'Sends a mail with a link and a code to the verified address of the user. The response is the same for a user without one.',
    body: enrolmentBody,
    response: requested,
    problems: ['login_expired', 'too_many_mails'],
  },
  {
    method: 'post',
    path: '/enrolment/proof',
    gatewayPath: '/enrolment/{step}',
    function: 'enrolment',
    operationId: 'proveEnrolment',
    tag: 'Factors',
    summary: 'Prove an enrolment',
    description:
      'Proves, beside the password, that the account is the user’s own: by the link or the code of a mail, or by the one-time code of an operator. Five wrong codes void the enrolment token or the code of the mail.',
    body: {
      name: 'EnrolmentProofRequest',
      description: `The token of an enrolment. ${PROOF} Or the one-time code of an operator.`,
      schema: EnrolmentProofRequest,
      examples: {
        ...proofs({ enrolmentToken }),
        operatorCode: {
          summary: 'The code of an operator',
          value: { enrolmentToken, operatorCode: '0123-4567-89AB-CDEF' },
        },
      },
    },
    response: { description: 'The enrolment is proved.' },
    problems: ['login_expired', 'invalid_link', 'too_many_attempts'],
  },
  {
    method: 'post',
    path: '/enrolment/totp',
    gatewayPath: '/enrolment/{step}',
    function: 'enrolment',
    operationId: 'startEnrolledTotp',
    tag: 'Factors',
    summary: 'Set up an authenticator app in an enrolment',
    description:
      'Creates a secret for an authenticator app, as `POST /factors/totp` does. `POST /enrolment/totp/confirm` adds the app, within 10 minutes.',
    body: enrolmentBody,
    response: {
      description: 'The secret. It is shown once.',
      content: json(schemaRef('TotpSetup'), {
        secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
        uri: 'otpauth://totp/Example:ada?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Example&algorithm=SHA1&digits=6&period=30',
      }),
    },
    problems: ['login_expired', 'proof_required'],
  },
  {
    method: 'post',
    path: '/enrolment/totp/confirm',
    gatewayPath: '/enrolment/{step}/confirm',
    function: 'enrol-totp',
    operationId: 'enrolTotp',
    tag: 'Factors',
    summary: 'Add an authenticator app and complete the sign-in',
    description:
      'Adds the authenticator app as the first second factor, with a code that it shows, and signs in with it. After ten wrong codes the secret is void. The response contains the recovery codes.',
    cookie: 'sets',
    body: {
      name: 'EnrolmentTotpConfirmation',
      description: 'The token of an enrolment, and a code of the authenticator app.',
      schema: EnrolmentTotpConfirmation,
      examples: { code: { summary: 'A code', value: { enrolmentToken, code: '123456' } } },
    },
    response: {
      description: 'The app was added, and the user is signed in.',
      content: json(schemaRef('Tokens'), { ...tokens, recoveryCodes: ['0123-4567-89AB-CDEF'] }),
    },
    problems: ['login_expired', 'proof_required', 'setup_expired', 'too_many_attempts'],
  },
  {
    method: 'post',
    path: '/factors/cancel-reset',
    function: 'enrolment',
    operationId: 'cancelFactorReset',
    needs: 'mail',
    tag: 'Factors',
    summary: 'Cancel a reset of second factors',
    description: 'Takes the token of the link in the notice. The second factors of the user stay.',
    body: {
      name: 'FactorResetCancellation',
      description: 'The token of the link in the notice of the reset.',
      schema: FactorResetCancellation,
      examples: { token: { summary: 'The token in the link', value: { token } } },
    },
    response: { description: 'The reset was cancelled.' },
    problems: ['invalid_link'],
  },
]

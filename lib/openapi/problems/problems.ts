import { STEP_UP_PROBLEM } from '../../authorization/step-up.ts'
import { PROBLEMS, type ProblemCode } from '../../errors.ts'
import { FACTOR_REFUSALS, type FactorRefusal } from '../../factors/refusals.ts'
import { closedText, IDENTITY_REFUSALS } from '../../federation/identity-refusals.ts'
import { cancelledAt, failedAt, otherAddress, PROVIDER_REFUSALS } from '../../federation/refusals.ts'
import { OTHER_BROWSER } from '../../mail/browser.ts'
import { OTHER_USER } from '../../mail/verify.ts'
import { SAME_ORIGIN } from '../../oauth/authorize/cookie.ts'
import { OTHER_CLIENT_ID, TARGET_REFUSALS } from '../../oauth/authorize/target.ts'
import {
  ACT_ENDED,
  CANNOT_SIGN_IN,
  CHANGED_MEANWHILE,
  INVITED_RIGHTS,
  lacksText,
  NO_ADDRESS,
  NO_RIGHTS,
  NO_VERIFIED_ADDRESS,
  NOBODY,
  NOT_THIS_USER,
  OWN_ACCOUNT,
} from '../../operators/refusals.ts'
import { signInOf, type Work } from '../../operators/work.ts'
import { NO_PASSWORD } from '../../passwords/refusals.ts'
import { HAS_PASSWORD } from '../../proofs/refusals.ts'
import { COOKIE_REFUSALS } from '../../sessions/page.ts'
import { SESSION_CHANGED } from '../../sessions/redeem.ts'
import { OTHER_SESSION } from '../../sessions/subject.ts'
import { DEVICE_PROBLEMS } from '../devices/problems.ts'
import { ofCode, type Problem } from './of-code.ts'

/**
 * Problems that only the gateway sends. A test compares them with `plugins/resources/gateway-responses.yml`.
 */
export const GATEWAY_PROBLEMS = {
  request_refused: {
    status: 400,
    title: 'Request Rejected',
    detail: 'The gateway rejected the request.',
    code: 'request_refused',
  },
  throttled: {
    status: 429,
    title: 'Too Many Requests',
    detail: 'The request rate limit was exceeded. Try again shortly.',
    code: 'throttled',
  },
} as const

export type CookieProblem = keyof typeof COOKIE_REFUSALS

/** Refused sign-ins with an identity provider: {@link PROVIDER_REFUSALS}, and texts with a name in them. */
type ProviderProblem =
  | `provider_${keyof typeof PROVIDER_REFUSALS}`
  | 'provider_cancelled'
  | 'provider_failed'
  | 'other_address'

export type ProblemName =
  | keyof typeof PROBLEMS
  | keyof typeof GATEWAY_PROBLEMS
  | CookieProblem
  | FactorRefusal
  | 'step_up'
  | 'work_sign_in'
  | 'danger_sign_in'
  | 'insufficient_scope'
  | 'rejected_token'
  | 'missing_openid'
  | 'other_session'
  | 'session_changed'
  | keyof typeof DEVICE_PROBLEMS
  | 'other_user'
  | 'other_browser'
  | 'no_password'
  | 'has_password'
  | 'same_origin'
  | keyof typeof IDENTITY_REFUSALS
  | 'registration_closed'
  | 'no_rights'
  | 'no_permission'
  | 'own_account'
  | 'no_such_user'
  | 'not_this_user'
  | 'act_ended'
  | 'changed_meanwhile'
  | 'invited_rights'
  | 'cannot_sign_in'
  | 'no_address'
  | 'no_verified_address'
  | keyof typeof TARGET_REFUSALS
  | ProviderProblem

const { detail: STEP_UP_DETAIL, ...STEP_UP_MEMBERS } = STEP_UP_PROBLEM

/** Returns the problem of a sign-in that is too old for an operator. */
const signInAgain = (work: Work): Problem =>
  ofCode('invalid_token', STEP_UP_DETAIL, { ...STEP_UP_MEMBERS, ...signInOf(work) })

/** Returns the problems of refusals by their `error`, which clients compare. */
const ofRefusals = (refusals: Readonly<Record<string, readonly [ProblemCode, string]>>) =>
  Object.fromEntries(
    Object.entries(refusals).map(([error, [code, detail]]) => [error, ofCode(code, detail, { error })]),
  )

/** Returns the problem of a refusal with a detail. */
const ofRefusal = (code: ProblemCode, { detail, error }: { detail: string; error: string }) =>
  ofCode(code, detail, { error })

/** Every problem of the functions and of the gateway, by name. */
export const ALL_PROBLEMS = {
  ...Object.fromEntries(Object.keys(PROBLEMS).map((code) => [code, ofCode(code as ProblemCode)])),
  ...Object.fromEntries(
    Object.entries(COOKIE_REFUSALS).map(([name, detail]) => [name, ofCode('forbidden', detail)]),
  ),
  ...ofRefusals(FACTOR_REFUSALS),
  insufficient_scope: ofCode('forbidden', undefined, { error: 'insufficient_scope', scope: 'notes:read' }),
  // A problem of /userinfo, which verifies tokens itself.
  rejected_token: ofCode('invalid_token'),
  missing_openid: ofCode('forbidden'),
  other_session: ofRefusal('conflict', OTHER_SESSION),
  ...DEVICE_PROBLEMS,
  session_changed: ofRefusal('conflict', SESSION_CHANGED),
  other_user: ofRefusal('forbidden', OTHER_USER),
  other_browser: ofRefusal('invalid_credentials', OTHER_BROWSER),
  no_password: ofCode('invalid_fields', undefined, { error: NO_PASSWORD.error, errors: NO_PASSWORD.fields }),
  has_password: ofRefusal('conflict', HAS_PASSWORD),
  ...ofRefusals(IDENTITY_REFUSALS),
  registration_closed: ofCode('forbidden', closedText('Demo')),
  no_rights: ofCode('forbidden', NO_RIGHTS),
  // This text names the permission.
  no_permission: ofCode('forbidden', lacksText('users:read')),
  own_account: ofCode('forbidden', OWN_ACCOUNT),
  no_such_user: ofCode('not_found', NOBODY),
  not_this_user: ofCode('forbidden', NOT_THIS_USER),
  act_ended: ofCode('invalid_token', ACT_ENDED),
  changed_meanwhile: ofCode('conflict', CHANGED_MEANWHILE),
  invited_rights: ofCode('forbidden', INVITED_RIGHTS),
  cannot_sign_in: ofCode('conflict', CANNOT_SIGN_IN),
  no_address: ofCode('conflict', NO_ADDRESS),
  no_verified_address: ofCode('conflict', NO_VERIFIED_ADDRESS),
  same_origin: ofCode('forbidden', SAME_ORIGIN),
  ...Object.fromEntries(
    Object.entries(TARGET_REFUSALS).map(([error, detail]) => [
      error,
      ofCode('malformed_body', detail, { error }),
    ]),
  ),
  // The response adds one of the reasons to this text.
  invalid_document: ofCode('malformed_body', `${TARGET_REFUSALS.invalid_document} ${OTHER_CLIENT_ID}`, {
    error: 'invalid_document',
  }),
  ...Object.fromEntries(
    Object.entries({ ...PROVIDER_REFUSALS, cancelled: cancelledAt('Demo') }).map(([name, detail]) => [
      `provider_${name}`,
      ofCode('invalid_credentials', detail, { error: 'provider_refused' }),
    ]),
  ),
  // These texts name the provider, and the public URL of the service.
  provider_failed: ofCode('unavailable', failedAt('Demo')),
  other_address: ofCode('forbidden', otherAddress('https://auth.example.com')),
  step_up: ofCode('invalid_token', STEP_UP_DETAIL, STEP_UP_MEMBERS),
  work_sign_in: signInAgain('work'),
  danger_sign_in: signInAgain('danger'),
  ...GATEWAY_PROBLEMS,
} as Record<ProblemName, Problem>

/** Returns the body of a problem, as an example. */
export function problemExample(name: ProblemName) {
  const { title, status, detail, code, members } = ALL_PROBLEMS[name]
  return {
    type: 'about:blank',
    title,
    // The gateway sends this body with several statuses, so the body has no status.
    ...(name !== 'request_refused' && { status }),
    detail,
    code,
    ...(name === 'invalid_fields' && {
      errors: [{ pointer: '#', detail: 'Unknown fields are not allowed.', rule: 'unknown' }],
    }),
    ...members,
  }
}

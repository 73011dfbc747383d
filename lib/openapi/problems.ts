import { STEP_UP_PROBLEM } from '../authorization/step-up.ts'
import { PROBLEMS, TITLES } from '../errors.ts'
import { FACTOR_REFUSALS, type FactorRefusal } from '../factors/refusals.ts'
import { closedText, IDENTITY_REFUSALS } from '../federation/identity-refusals.ts'
import { cancelledAt, failedAt, otherAddress, PROVIDER_REFUSALS } from '../federation/refusals.ts'
import { OTHER_BROWSER } from '../mail/browser.ts'
import { OTHER_USER } from '../mail/verify.ts'
import { SAME_ORIGIN } from '../oauth/authorize/cookie.ts'
import { OTHER_CLIENT_ID, TARGET_REFUSALS } from '../oauth/authorize/target.ts'
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
} from '../operators/refusals.ts'
import { signInOf, type Work } from '../operators/work.ts'
import { NO_PASSWORD } from '../passwords/refusals.ts'
import { HAS_PASSWORD } from '../proofs/refusals.ts'
import { COOKIE_REFUSALS } from '../sessions/page.ts'
import { SESSION_CHANGED } from '../sessions/redeem.ts'
import { OTHER_SESSION } from '../sessions/subject.ts'
import { DEVICE_PROBLEMS } from './devices/problems.ts'

/**
 * Problems that only the gateway sends. A test compares them with `plugins/resources/gateway-responses.yml`.
 */
export const GATEWAY_PROBLEMS = {
  request_refused: {
    status: 400,
    title: 'Request Rejected',
    detail: 'The gateway rejected the request.',
  },
  throttled: {
    status: 429,
    title: 'Too Many Requests',
    detail: 'The request rate limit was exceeded. Try again shortly.',
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

/** A problem: status, and the texts of its RFC 9457 body. */
interface Problem {
  status: number
  title: string
  detail: string
  /** Additional members, which clients compare. */
  members?: object
}

const { detail: STEP_UP_DETAIL, ...STEP_UP_MEMBERS } = STEP_UP_PROBLEM

/** Returns the problem of a sign-in that is too old for an operator. */
const signInAgain = (work: Work): Problem => ({
  status: 401,
  title: TITLES[401],
  detail: STEP_UP_DETAIL,
  members: { ...STEP_UP_MEMBERS, ...signInOf(work) },
})

/** Every problem of the functions and of the gateway, by name. */
export const ALL_PROBLEMS = {
  ...Object.fromEntries(
    Object.entries(PROBLEMS).map(([code, [status, detail]]) => [
      code,
      { status, title: TITLES[status], detail },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(COOKIE_REFUSALS).map(([name, detail]) => [
      name,
      { status: 403, title: TITLES[403], detail },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(FACTOR_REFUSALS).map(([error, [code, detail]]) => {
      const [status] = PROBLEMS[code]
      return [error, { status, title: TITLES[status], detail, members: { error } }]
    }),
  ),
  insufficient_scope: {
    status: 403,
    title: TITLES[403],
    detail: PROBLEMS.forbidden[1],
    members: { error: 'insufficient_scope', scope: 'notes:read' },
  },
  // A problem of /userinfo, which verifies tokens itself.
  rejected_token: { status: 401, title: TITLES[401], detail: PROBLEMS.invalid_token[1] },
  missing_openid: { status: 403, title: TITLES[403], detail: PROBLEMS.forbidden[1] },
  other_session: {
    status: 409,
    title: TITLES[409],
    detail: OTHER_SESSION.detail,
    members: { error: OTHER_SESSION.error },
  },
  ...DEVICE_PROBLEMS,
  session_changed: {
    status: 409,
    title: TITLES[409],
    detail: SESSION_CHANGED.detail,
    members: { error: SESSION_CHANGED.error },
  },
  other_user: {
    status: 403,
    title: TITLES[403],
    detail: OTHER_USER.detail,
    members: { error: OTHER_USER.error },
  },
  other_browser: {
    status: 401,
    title: TITLES[401],
    detail: OTHER_BROWSER.detail,
    members: { error: OTHER_BROWSER.error },
  },
  no_password: {
    status: 422,
    title: TITLES[422],
    detail: PROBLEMS.invalid_fields[1],
    members: { error: NO_PASSWORD.error, errors: NO_PASSWORD.fields },
  },
  has_password: {
    status: 409,
    title: TITLES[409],
    detail: HAS_PASSWORD.detail,
    members: { error: HAS_PASSWORD.error },
  },
  ...Object.fromEntries(
    Object.entries(IDENTITY_REFUSALS).map(([error, [code, detail]]) => {
      const [status] = PROBLEMS[code]
      return [error, { status, title: TITLES[status], detail, members: { error } }]
    }),
  ),
  registration_closed: { status: 403, title: TITLES[403], detail: closedText('Demo') },
  no_rights: { status: 403, title: TITLES[403], detail: NO_RIGHTS },
  // This text names the permission.
  no_permission: { status: 403, title: TITLES[403], detail: lacksText('users:read') },
  own_account: { status: 403, title: TITLES[403], detail: OWN_ACCOUNT },
  no_such_user: { status: 404, title: TITLES[404], detail: NOBODY },
  not_this_user: { status: 403, title: TITLES[403], detail: NOT_THIS_USER },
  act_ended: { status: 401, title: TITLES[401], detail: ACT_ENDED },
  changed_meanwhile: { status: 409, title: TITLES[409], detail: CHANGED_MEANWHILE },
  invited_rights: { status: 403, title: TITLES[403], detail: INVITED_RIGHTS },
  cannot_sign_in: { status: 409, title: TITLES[409], detail: CANNOT_SIGN_IN },
  no_address: { status: 409, title: TITLES[409], detail: NO_ADDRESS },
  no_verified_address: { status: 409, title: TITLES[409], detail: NO_VERIFIED_ADDRESS },
  same_origin: { status: 403, title: TITLES[403], detail: SAME_ORIGIN },
  ...Object.fromEntries(
    Object.entries(TARGET_REFUSALS).map(([error, detail]) => [
      error,
      { status: 400, title: TITLES[400], detail, members: { error } },
    ]),
  ),
  // The response adds one of the reasons to this text.
  invalid_document: {
    status: 400,
    title: TITLES[400],
    detail: `${TARGET_REFUSALS.invalid_document} ${OTHER_CLIENT_ID}`,
    members: { error: 'invalid_document' },
  },
  ...Object.fromEntries(
    Object.entries({ ...PROVIDER_REFUSALS, cancelled: cancelledAt('Demo') }).map(([name, detail]) => [
      `provider_${name}`,
      { status: 401, title: TITLES[401], detail, members: { error: 'provider_refused' } },
    ]),
  ),
  // These texts name the provider, and the public URL of the service.
  provider_failed: { status: 503, title: TITLES[503], detail: failedAt('Demo') },
  other_address: { status: 403, title: TITLES[403], detail: otherAddress('https://auth.example.com') },
  step_up: { status: 401, title: TITLES[401], detail: STEP_UP_DETAIL, members: STEP_UP_MEMBERS },
  work_sign_in: signInAgain('work'),
  danger_sign_in: signInAgain('danger'),
  ...GATEWAY_PROBLEMS,
} as Record<ProblemName, Problem>

/** Returns the body of a problem, as an example. */
export function problemExample(name: ProblemName) {
  const { title, status, detail, members } = ALL_PROBLEMS[name]
  return {
    type: 'about:blank',
    title,
    // The gateway sends this body with several statuses, so the body has no status.
    ...(name !== 'request_refused' && { status }),
    detail,
    ...(name === 'invalid_fields' && {
      errors: [{ pointer: '#', detail: 'Unknown fields are not allowed.' }],
    }),
    ...members,
  }
}
